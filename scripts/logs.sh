# Part of scripts/till: the logs, for people and for programs.

# Whether standard output is a terminal that may be given colours.
has_colours() {
    [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]
}

# logs [-f] [-n LINES] [--request-id ID] [--json] [NAME ...]
logs() {
    log_follow='' log_lines=20 log_id='' log_json=''
    while [ $# -gt 0 ]; do
        case $1 in
        -f | --follow) log_follow=1 ;;
        --json) log_json=1 ;;
        -n | --lines)
            log_lines=${2:-}
            case $log_lines in
            '' | *[!0-9]*) usage ;;
            esac
            shift
            ;;
        --request-id)
            log_id=${2:-}
            case $log_id in
            '' | *[!A-Za-z0-9._-]*) usage ;;
            esac
            shift
            ;;
        -*) usage ;;
        *) break ;;
        esac
        shift
    done
    if has_systemd; then
        journal_lines "$@" | shown_lines
        return
    fi
    cd "$TILL_HOME/log" 2>/dev/null ||
        die "$EX_UNAVAILABLE" "there are no logs in $TILL_HOME"
    if [ $# -eq 0 ]; then
        set -- *.log
    else
        for name; do
            shift
            [ -f "$name.log" ] || usage
            set -- "$@" "$name.log"
        done
    fi
    if [ -n "$log_follow" ]; then
        tail -v -F -n "$log_lines" -- "$@" 2>/dev/null | named_lines |
            shown_lines
    elif [ -n "$log_id" ]; then
        # of all that there is, in the order in which it happened
        tail -v -n +1 -- "$@" | named_lines | sort_lines | shown_lines
    else
        tail -v -n "$log_lines" -- "$@" | named_lines | sort_lines | shown_lines
    fi
}

# From what tail prints: each line with the name of its log before it; only
# those of a request, where one is named.
named_lines() {
    awk -v id="$log_id" '
        /^==> .*\.log <==$/ {
            name = $2
            sub(/\.log$/, "", name)
            next
        }
        $0 != "" && (id == "" || index($0, "\"request_id\":\"" id "\"")) {
            print name "\t" $0
            fflush()
        }'
}

# By their time; what isn't JSON stays behind what it followed in its own log.
sort_lines() {
    awk '
        match($0, /"time":"[^"]*"/) {
            time[$1] = substr($0, RSTART + 8, 23)
        }
        { print time[$1] "\t" NR "\t" $0 }' FS='\t' |
        sort -s -t "$(printf '\t')" -k 1,1 | cut -f 3-
}

# For a program: the JSON lines as they are. For people: time, program, what
# happened.
shown_lines() {
    if [ -n "$log_json" ]; then
        sed -un 's/^[^\t]*\t{/{/p'
        return
    fi
    paint=false
    ! has_colours || paint=true
    jq --unbuffered -Rr --argjson paint "$paint" '
        def coloured($number):
            if $paint then "\u001b[\($number)m\(.)\u001b[0m" else . end;
        def rest: to_entries | map(select(.key | IN("time", "level", "program",
            "message", "request_id", "method", "path", "status", "micros",
            "request", "seconds", "program_seconds", "bytes") | not) |
            select(.value != "") | "\(.key)=\(.value)") | join(" ");
        split("\t") as [$name] | .[$name | length + 1:] as $line |
        ($line | try fromjson catch null) as $it |
        if ($it | type) != "object" then "\($name): \($line)"
        else $it | [
            (.time // "" | .[11:23]),
            (.program as $program | if $name == "nginx-access" then $name
                else $program // $name end | coloured(36)),
            if .status then (.request // "\(.method) \(.path)"),
                (.status | tostring |
                    coloured(if startswith("5") then 31
                        elif startswith("4") then 33 else 32 end)),
                (if .micros then "\(.micros / 1000)ms"
                    else "\(.seconds // 0)s" end)
            else (.message // .event // "" |
                if $it.level == "error" then coloured(31) else . end) end,
            .request_id, rest
        ] | map(select(. != null and . != "")) | join("  ") end'
}
