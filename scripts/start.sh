# Part of scripts/till: starting, and restarting in place.

# spawn NAME COMMAND ...: runs it in the background, outliving this terminal,
# what it prints going to its log. Descriptors that this script was started
# with stay here: a test runner waits until nobody holds them.
spawn() {
    what=$1
    shift
    setsid "$@" </dev/null >>"log/$what.log" 2>&1 \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    echo $! >"run/$what.pid"
}

# multiwatch brings back what dies. It gives up only after 100 deaths in a row
# within 100 ms of the birth: a wrong setting, not a kill.
spawn_program() {
    program=$build_folder/cgi-bin/$1
    case $1 in
    *-worker)
        spawn "$1" "$multiwatch" -r 100 -t 100 -s TERM -- "$program"
        ;;
    *)
        rm -f "run/$1.sock"
        spawn "$1" spawn-fcgi -n -s "run/$1.sock" -M 0660 -b 4096 -- \
            "$multiwatch" -f "$copies" -r 100 -t 100 -s TERM -- "$program"
        ;;
    esac
}

# poll SECONDS COMMAND ...: false when it isn't true in time
poll() {
    rounds_left=$(($1 * 100))
    shift
    until "$@"; do
        [ $((rounds_left -= 1)) -gt 0 ] || return 1
        sleep 0.01
    done
}

# give_up TEXT [NAME]: says why. A start from nothing that failed leaves
# nothing running; what ran before goes on.
give_up() {
    printf 'till: %s\n' "$1" >&2
    if [ $# -gt 1 ] && [ -s "log/$2.log" ]; then
        printf 'the last lines of its log:\n' >&2
        # without multiwatch's own words on each attempt
        grep -v -e '^Spawning child' -e '^Child\[' -e '"start or restart"' \
            "log/$2.log" |
            tail -n 100 | uniq | tail -n 5 >&2
    fi
    if [ -z "$found" ]; then
        exec 9<&- # stop takes the lock itself
        (stop) >&2
    fi
    exit "$EX_UNAVAILABLE"
}

start_sandbox() {
    [ -n "$sandbox_stripe$sandbox_gmail" ] || return 0
    if [ -z "$(pids_of sandbox)" ]; then
        sandbox=$build_folder/tests/till-sandbox
        [ -x "$sandbox" ] || give_up "there are no credentials for Stripe or \
Gmail in $TILL_ENV, and no sandbox is built"
        # it replaces the file, once it listens
        port_file=$(stat -c %i sandbox/port 2>/dev/null || :)
        spawn sandbox "$sandbox" --state sandbox \
            --webhook "$(url)/api/stripe/webhook" --webhook-secret whsec_sandbox
        sandbox_pid=$!
        poll 5 sandbox_listens || give_up "the sandbox doesn't start" sandbox
    fi
    use_sandbox
}

sandbox_listens() {
    is_alive "$sandbox_pid" || give_up "the sandbox doesn't start" sandbox
    [ -s sandbox/port ] &&
        [ "$(stat -c %i sandbox/port)" != "$port_file" ]
}

sockets_are_there() {
    for name in $served; do
        [ -S "run/$name.sock" ] || return 1
    done
}

start_nginx() {
    fault=$(nginx -p ./ -c nginx/nginx.conf \
        -e log/nginx-error.log 2>&1 </dev/null \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) && return
    printf '%s\n' "$fault" >&2
    case $fault in
    *"Address already in use"*)
        give_up "another program has port $port: set TILL_PORT" ;;
    esac
    give_up "nginx doesn't start"
}

# Which of the programs in $served don't answer: nginx's internal listener
# passes /program/NAME on, and any answer of theirs will do. 500: no upstream.
silent_programs() {
    for name in $served; do
        printf 'url = "http://till/program/%s"\noutput = /dev/null\n' "$name"
    done | curl -s -K - --parallel --unix-socket run/internal.sock -X OPTIONS \
        -m 1 -w '%{http_code} %{url_effective}\n' 2>/dev/null |
        sed -n 's,^\(000\|50[024]\) .*/program/,,p'
}

# Where to begin when a log is read for deaths.
mark_logs() {
    for name in $all; do
        printf '{"program":"%s","event":"start or restart"}\n' "$name" \
            >>"log/$name.log"
    done
}

# Programs that have died three times since, as multiwatch wrote into their
# logs: it tries again, but a wrong setting stays wrong.
# shellcheck disable=SC2046,SC2086  # names
dying_programs() {
    tail -v -n 300 $(printf 'log/%s.log ' $all) | awk '
        /^==> log\// {
            name = $2
            sub(/^log\//, "", name)
            sub(/\.log$/, "", name)
        }
        /"event":"start or restart"/ { deaths[name] = 0 }
        /^Child\[|^Spawning child\[/ { deaths[name]++ }
        END {
            for (name in deaths)
                if (deaths[name] > 2)
                    print name
        }'
}

# Fails the start when a program keeps dying, or when one is silent for 15 s.
wait_for_answers() {
    deadline=$(($(date +%s) + 15))
    while silent=$(silent_programs) && dying=$(dying_programs) &&
        [ -n "$silent$dying" ]; do
        first=$(printf '%s' "${dying:-$silent}" | head -n 1)
        [ -z "$dying" ] || give_up "$first keeps dying" "$first"
        [ "$(date +%s)" -le $deadline ] ||
            give_up "$first doesn't answer" "$first"
        sleep 0.02
    done
    for name in $all; do
        read -r pid <"run/$name.pid"
        is_alive "$pid" || give_up "$name doesn't run" "$name"
    done
}

# What nginx was last started or restarted with, to see a change.
nginx_configuration() {
    cat nginx/*.conf 2>/dev/null | cksum
}

# Before the programs, which refuse a database of another version.
migrate() {
    (tool migrate) >>log/migrate.log 2>&1 ||
        give_up "the databases can't be brought to this version" migrate
}

prepare() {
    enter_home
    lock
    multiwatch=$(command -v multiwatch) && command -v nginx >/dev/null &&
        command -v spawn-fcgi >/dev/null ||
        die "$EX_UNAVAILABLE" "packages are missing: scripts/till setup"
    all=$(programs)
    served=$(programs served)
    [ -n "$served" ] ||
        die "$EX_UNAVAILABLE" "nothing is built: scripts/till build"
    # every connection is a descriptor
    # shellcheck disable=SC3045  # where a shell can't, the limit stays
    ulimit -S -n "$(ulimit -H -n)" 2>/dev/null || :
    read_settings
    copies=$(setting PROCESSES)
    whole PROCESSES "${copies:=1}" 1 100
    found=$(processes)
}

# Starts what isn't running.
# shellcheck disable=SC2046  # lists of numbers
start_missing() {
    missing=
    for name in $all; do
        [ -n "$(pids_of watcher "$name")" ] || missing="$missing $name"
    done
    start_sandbox
    for name in $missing; do
        # its watcher was killed, and it would hold the socket
        end 15 TERM $(pids_of program "$name")
        spawn_program "$name"
    done
    poll 5 sockets_are_there || give_up "$name has no socket" "$name"
    if [ -z "$(pids_of nginx)" ]; then
        end 5 TERM $(pids_of nginx-worker)
        rm -f run/internal.sock # left behind by a kill
        start_nginx
    fi
    wait_for_answers
}

is_complete() {
    [ -n "$(pids_of nginx)" ] || return 1
    [ -z "$sandbox_stripe$sandbox_gmail" ] || [ -n "$(pids_of sandbox)" ] ||
        return 1
    for name in $all; do
        [ -n "$(pids_of watcher "$name")" ] || return 1
    done
}

start() {
    prepare
    if is_complete; then
        say "Till is already running at $(url)"
        return 0
    fi
    [ -n "$(pids_of nginx)" ] || write_nginx_configuration
    migrate
    mark_logs
    start_missing
    say "Till is running at $(url)"
    sandbox_says
}

# Says so plainly where something isn't real. sandbox_says [ORDER]: and what
# the sandbox has booked for this order.
sandbox_says() {
    [ -n "$sandbox_stripe$sandbox_gmail" ] || return 0
    names=${sandbox_stripe:+Stripe}
    names=$names${sandbox_gmail:+${names:+ and }Gmail}
    say "$names: the local sandbox at http://127.0.0.1:$(cat sandbox/port)."
    say "No money moves there and no mail leaves; set credentials for the real" \
        "ones."
    [ -n "${1:-}" ] || return 0
    say "Its ledger for order $1:"
    curl -s "http://127.0.0.1:$(cat sandbox/port)/sandbox/ledger?order_id=$1" |
        jq -r '(.charges[] | "  charged  \(.amount) \(.currency) \(.status)" +
                "  \(.charge // .payment_intent)"),
            (.mails[] | "  mailed   to \(.to): \(.subject)")'
}

# restart [NAME]: the programs restart themselves in place (SIGHUP), which
# keeps their process and their connections. What was down is started. nginx
# is told only when its configuration has changed, since its old workers close
# their clients' idle connections.
# shellcheck disable=SC2046  # lists of numbers
restart() {
    prepare
    case ${1:-nginx} in
    nginx) ;;
    *) printf '%s\n' "$all" | grep -qxF -e "$1" || usage ;;
    esac
    before=$(nginx_configuration)
    [ -z "$(pids_of nginx)" ] || TILL_PORT=${TILL_PORT:-$(url | sed 's/.*://')}
    write_nginx_configuration
    migrate
    mark_logs
    if [ "${1:-}" != nginx ]; then
        send HUP $(pids_of program "${1:-}")
    fi
    if [ -n "$(pids_of nginx)" ] && { [ "${1:-}" = nginx ] ||
        [ "$before" != "$(nginx_configuration)" ]; }; then
        reload_nginx
    fi
    start_missing
    say "Till is running at $(url)"
}

reload_nginx() {
    fault=$(nginx -p ./ -c nginx/nginx.conf \
        -e log/nginx-error.log -t 2>&1) ||
        die "$EX_CONFIG" "nginx goes on with its old configuration: $fault"
    # shellcheck disable=SC2046  # a list of numbers
    send HUP $(pids_of nginx)
}
