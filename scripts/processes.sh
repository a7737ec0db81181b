# Part of scripts/till: which processes are ours, ending them, looking at them.
#
# A process is ours when its current folder is TILL_HOME and its command is one
# that `start` runs. That is asked of the kernel each time: a pid file may be
# stale, and a supervisor that was killed leaves its program behind.

# One line a process: KIND NAME PID. The kinds: watcher (multiwatch), program,
# sandbox, nginx (its master), nginx-worker.
processes() {
    pattern=$(printf '%s' "$TILL_HOME" | sed 's/[][*?\\]/\\&/g')
    pids=$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$pattern" \
        2>/dev/null | tr -dc '0-9\n' | paste -sd, -)
    [ -n "$pids" ] || return 0
    # a watcher's command holds its program's, after a --
    ps -ww -o pid=,args= -p "$pids" | sed -n \
        -e 's|^ *\([0-9]*\) .* -- /.*/cgi-bin/\([a-z-]*\)$|watcher \2 \1|p;t' \
        -e 's|^ *\([0-9]*\) /.*/cgi-bin/\([a-z-]*\)$|program \2 \1|p;t' \
        -e 's|^ *\([0-9]*\) /.*/till-sandbox --.*|sandbox sandbox \1|p;t' \
        -e 's|^ *\([0-9]*\) nginx: master.*|nginx nginx \1|p;t' \
        -e 's|^ *\([0-9]*\) nginx: .*|nginx-worker nginx \1|p'
}

# pids_of KIND [NAME], from what `processes` printed into $found
pids_of() {
    printf '%s\n' "$found" | while read -r kind name pid; do
        if [ "$kind" = "$1" ] && [ "$name" = "${2:-$name}" ]; then
            echo "$pid"
        fi
    done
}

# A zombie is gone: only its parent, perhaps a careless init, keeps its name.
is_alive() {
    kill -0 "$1" 2>/dev/null || return 1
    { read -r _ _ state _ <"/proc/$1/stat"; } 2>/dev/null || return 1
    [ "$state" != Z ]
}

# wait_gone SECONDS PID ...: false when one is left
wait_gone() {
    rounds=$(($1 * 50))
    shift
    for pid; do
        while is_alive "$pid"; do
            [ $((rounds -= 1)) -gt 0 ] || return 1
            sleep 0.02
        done
    done
}

# send SIGNAL PID ...: those that have gone by themselves are no matter
send() {
    signal=$1
    shift
    for pid; do
        kill -s "$signal" "$pid" 2>/dev/null || :
    done
}

# end SECONDS SIGNAL PID ...: asks, waits, and then doesn't ask any more
end() {
    seconds=$1
    shift
    send "$@"
    shift
    wait_gone "$seconds" "$@" && return
    send KILL "$@"
    wait_gone 5 "$@" || die "$EX_UNAVAILABLE" "can't end the processes $*"
}

# shellcheck disable=SC2046  # lists of numbers
stop() {
    [ -d "$TILL_HOME/run" ] || {
        say "not running"
        return 0
    }
    cd "$TILL_HOME"
    lock
    found=$(processes)
    [ -n "$found" ] || say "not running"
    # nginx first: it answers what it has, and takes nothing new
    end 35 QUIT $(pids_of nginx)
    end 5 TERM $(pids_of nginx-worker)
    end 15 TERM $(pids_of watcher)
    # programs whose watcher was killed
    end 15 TERM $(pids_of program)
    end 5 TERM $(pids_of sandbox)
    found=$(processes)
    end 1 KILL $(printf '%s\n' "$found" | tr -dc '0-9\n')
    rm -f run/*.sock run/*.pid run/*.metrics
}

# The programs that are to run; with `served` only those with a socket.
programs() {
    for path in "$build_folder"/cgi-bin/*; do
        [ -x "$path" ] || continue
        case ${path##*/} in
        *-worker) [ "${1:-}" = served ] || is_read_only || echo "${path##*/}" ;;
        *) echo "${path##*/}" ;;
        esac
    done
}

# waiting [--json]: what till-admin says of it; nothing where the databases
# can't be asked.
waiting() {
    [ -e "$TILL_HOME/till.env" ] && cd "$TILL_HOME" && (
        read_settings && tool admin waiting "$@"
    ) 2>/dev/null || :
}

# status [json]. The sandbox is no part of Till, and not in the sum.
status() {
    found='' colours=''
    [ ! -d "$TILL_HOME/run" ] || found=$(processes)
    ! has_colours || colours=1
    if [ "${1:-}" = json ]; then
        waiting=$(waiting --json)
    else
        waiting=$(waiting)
    fi
    {
        programs | sed 's/^/wanted /'
        echo wanted nginx
        [ ! -e "$TILL_HOME/run/sandbox.pid" ] || echo wanted sandbox
        printf '%s\n' "$found"
    } | awk -v style="${1:-text}" -v url="$(url 2>/dev/null)" \
        -v waiting="$waiting" -v colours="$colours" '
        function pss(pid,    line, file, field, sum) {
            file = "/proc/" pid "/smaps_rollup"
            while ((getline line <file) > 0)
                if (split(line, field, " ") > 1 && field[1] == "Pss:")
                    sum += field[2]
            close(file)
            return sum
        }
        function coloured(state) {
            if (!colours)
                return sprintf("%-8s", state)
            return sprintf("\033[%dm%-8s\033[0m",
                           state == "running" ? 32 : 31, state)
        }
        $1 == "wanted" || ($1 != "" && !($2 in memory)) {
            if (!($2 in memory))
                order[++count] = $2
            memory[$2] += 0
        }
        $1 == "watcher" || $1 == "nginx" || $1 == "sandbox" {
            head[$2] = $3
        }
        $1 == "program" || $1 == "nginx-worker" || $1 == "sandbox" {
            working[$2]++
        }
        $1 != "" && $1 != "wanted" { memory[$2] += pss($3) }
        END {
            if (style == "json")
                printf "{\"url\":\"%s\",\"programs\":[", url
            for (i = 1; i <= count; i++) {
                name = order[i]
                state = !head[name] ? "down" : \
                        !working[name] ? "failing" : "running"
                if (state != "running")
                    down = 1
                if (name != "sandbox")
                    sum += memory[name]
                if (style == "json")
                    printf "%s{\"name\":\"%s\",\"state\":\"%s\",\"pid\":%d," \
                           "\"pss_kb\":%d}", (i > 1 ? "," : ""), name, \
                           state, head[name], memory[name]
                else
                    printf "%-22s %s %8s %8d KB\n", name, coloured(state), \
                           head[name] ? head[name] : "-", memory[name]
            }
            persons = match(waiting, /"needs_person":[0-9]+/) ? \
                      substr(waiting, RSTART + 15, RLENGTH - 15) : "null"
            if (style == "json")
                printf "],\"pss_kb\":%d,\"reviews\":%s,\"waiting\":%s}\n", \
                       sum, persons, waiting == "" ? "null" : waiting
            else
                printf "%-22s %-8s %8s %8d KB\n%s\n", \
                       "sum without sandbox", "", "", sum, waiting == "" ? \
                       "what waits is not known" : waiting
            exit down
        }'
}
