# Part of scripts/till: a Till that only shows what it has, while its data move.

is_read_only() {
    [ -e "$TILL_HOME/run/read-only" ]
}

# Until nobody is answered by the configuration before.
# shellcheck disable=SC2086  # a list of numbers
renew_nginx() {
    [ -n "$(pids_of nginx)" ] || return 0
    old=$(pids_of nginx-worker)
    reload_nginx
    wait_gone 40 $old ||
        die "$EX_TEMPFAIL" "a request is still being answered: try again"
}

# shellcheck disable=SC2046  # lists of numbers
end_workers() {
    for path in "$build_folder"/cgi-bin/*-worker; do
        name=${path##*/}
        end 15 TERM $(pids_of watcher "$name")
        end 15 TERM $(pids_of program "$name")
        rm -f "run/$name.pid"
    done
}

# read_only on|off. Stays so over stop, start and restart.
read_only() {
    enter_home
    if [ "$1" = on ]; then
        : >run/read-only
    else
        rm -f run/read-only
    fi
    prepare
    [ -z "$(pids_of nginx)" ] || TILL_PORT=${TILL_PORT:-$(url | sed 's/.*://')}
    write_nginx_configuration
    renew_nginx
    if [ "$1" = on ]; then
        end_workers
        say "Till only reads: GET of orders, users and notifications is" \
            "answered, the rest is 503."
    elif [ -n "$(pids_of nginx)" ]; then
        mark_logs
        start_missing
        say "Till reads and writes again at $(url)"
    fi
}
