# Part of scripts/till: what is different where `make install` or the package
# has put it. $root/installed says where its folders are; systemd runs the
# programs, and root becomes the user whom they belong to.

is_installed() {
    [ -e "$root/installed" ]
}

# The folders of the installation, unless others are named.
take_installed() {
    is_installed || return 0
    # shellcheck source=/dev/null
    . "$root/installed"
    : "${TILL_HOME:=$installed_home}" "${TILL_ENV:=$installed_env}"
    TILL_BUILD=$root
}

# Another TILL_HOME than that of the units is run as from a checkout.
has_systemd() {
    is_installed && [ -d "$systemd" ] && [ "$TILL_HOME" = "$(absolute "$installed_home")" ]
}

# installed COMMAND [...]: returns where the command is what it is anywhere
installed() {
    case $1 in
    run | test | setup | build)
        die "$EX_USAGE" "till $1 is for a checkout"
        ;;
    configure) return 0 ;;
    logs) ! has_systemd || return 0 ;; # its owner may not read the journal
    start | stop | restart | status | read-only)
        ! has_systemd || by_systemd "$@"
        ;;
    esac
    become_owner "$@"
}

# What root makes in TILL_HOME the programs could not write to.
become_owner() {
    [ "$(id -u)" = 0 ] || return 0
    owner=$(stat -c %U "$TILL_HOME" 2>/dev/null) || return 0
    [ "$owner" != root ] || return 0
    exec setpriv --reuid="$owner" --regid="$(stat -c %G "$TILL_HOME")" \
        --init-groups "$root/scripts/till" "$@"
}

# by_systemd COMMAND [...]: does it, and ends
by_systemd() {
    case $1:${2:-} in
    start: | stop:) exec "$systemctl" "$1" till.target ;;
    restart:) exec "$systemctl" reload 'till-*.service' ;;
    restart:*) exec "$systemctl" reload "till-$2.service" ;;
    status:--json) exec "$systemctl" list-units --all --output=json 'till*' ;;
    status:) exec "$systemctl" list-units --all --no-pager 'till*' ;;
    read-only:on)
        : >"$TILL_HOME/run/read-only"
        "$systemctl" stop 'till-*-worker.service'
        exec "$systemctl" reload till-nginx.service
        ;;
    read-only:off)
        rm -f "$TILL_HOME/run/read-only"
        "$systemctl" reload till-nginx.service
        exec "$systemctl" start till.target
        ;;
    *) usage ;;
    esac
}

# journal_lines [NAME ...]: what systemd has kept of these programs, each line
# with the name before it, as logs.sh has it of files
journal_lines() {
    for name; do
        shift
        set -- "$@" -u "till-$name.service"
    done
    [ $# -gt 0 ] || set -- -u 'till-*'
    [ -n "$log_id" ] || set -- -n "$log_lines" "$@"
    "$journalctl" --quiet --no-pager -o json ${log_follow:+-f} "$@" |
        jq --unbuffered -r --arg id "$log_id" 'select(.MESSAGE | strings) |
            select($id == "" or
                (.MESSAGE | contains("\"request_id\":\"\($id)\""))) |
            (._SYSTEMD_UNIT | ltrimstr("till-") | rtrimstr(".service")) +
                "\t" + .MESSAGE'
}

# configure: after an installation or an upgrade. Safe to repeat.
configure() {
    ! has_systemd || "$systemctl" daemon-reload
    write_installed_settings
    pending=$("$root/scripts/till" migrate --pending)
    if [ -z "$pending" ]; then
        "$root/scripts/till" migrate
        is_running || return 0
        "$root/scripts/till" restart
        ! has_systemd || "$systemctl" start till.target # what is new
        return
    fi
    say "This version of Till changes its databases:" "$pending"
    was_running=
    ! is_running || was_running=1
    [ -z "$was_running" ] || "$root/scripts/till" stop
    say "A backup of them goes first, into $TILL_HOME/backups:"
    "$root/scripts/till" backup "$TILL_HOME/backups"
    "$root/scripts/till" migrate
    [ -z "$was_running" ] || "$root/scripts/till" start
}

is_running() {
    if has_systemd; then
        "$systemctl" --quiet is-active till.target
    else
        [ -d "$TILL_HOME/run" ] && [ -n "$(processes)" ]
    fi
}

# .env.example with fresh secrets, for root to write and the programs to read.
write_installed_settings() {
    [ ! -e "$TILL_ENV" ] || return 0
    umask 077
    sed -e "s/^#JWT_SECRET=.*/JWT_SECRET=$(random_hex)/" \
        -e "s/^#SERVICE_SECRET=.*/SERVICE_SECRET=$(random_hex)/" \
        "$root/env.example" >"$TILL_ENV.new"
    ! [ -e "$TILL_HOME" ] || chgrp "$(stat -c %G "$TILL_HOME")" "$TILL_ENV.new"
    chmod 640 "$TILL_ENV.new"
    mv "$TILL_ENV.new" "$TILL_ENV"
    say "The settings are in $TILL_ENV"
}

# What till-nginx.service starts nginx with.
configure_nginx() {
    enter_home
    read_settings
    write_nginx_configuration
}
