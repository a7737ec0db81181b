# Part of `make bench`: one measurement, and what becomes of them.
# shellcheck disable=SC2154  # the other parts' variables

say_where_we_are() {
    printf '%4d s  %s\n' $((SECONDS - begin)) "$1" >&2
}

# ticks PID ...: the processor time that these have had, in ticks of the clock
ticks() {
    local pid
    for pid; do
        cat "/proc/$pid/stat" 2>/dev/null || :
    done | awk '{ sum += $14 + $15 } END { print sum + 0 }'
}

# load PROGRAM CONNECTIONS KIND PATH: one run of wrk; prints what it counted,
# and the microseconds of processor time that a request took in nginx and in
# the program. Fails where an answer was wrong.
load() {
    local program=$1 connections=$2 kind=$3 path=$4 nginx of_program before
    local result=$work/wrk.$BASHPID.json
    mapfile -t nginx < <(workers_of_nginx)
    mapfile -t of_program < <(processes_of "$program")
    before="$(ticks "${nginx[@]}") $(ticks "${of_program[@]}")"
    BENCH_OUT=$result wrk -t 2 -c "$connections" -d "$seconds" \
        --timeout 10s -s "$here/load.lua" "$TILL_URL" -- "$kind" "$path" \
        "$orders" "$first" "$work/tokens" >"$result.said" 2>&1 || {
        cat "$result.said" >&2
        return 1
    }
    jq -c --arg before "$before" --arg tick "$(getconf CLK_TCK)" \
        --arg after "$(ticks "${nginx[@]}") $(ticks "${of_program[@]}")" '
        ($before | split(" ") | map(tonumber)) as $b |
        ($after | split(" ") | map(tonumber)) as $a |
        (1e6 / ($tick | tonumber) / ([.requests, 1] | max)) as $each |
        . + {nginx_micros: (($a[0] - $b[0]) * $each),
            program_micros: (($a[1] - $b[1]) * $each)}' "$result"
    jq -e '.refused + .broken == 0 and .requests > 0' "$result" >/dev/null || {
        echo "not every answer to $kind $path was right:" >&2
        cat "$result" >&2
        return 1
    }
}

# The references have no watcher.
processes_of() {
    case $1 in
    bare | axum) cat "$TILL_HOME/run/$1.pid" ;;
    *) process_of "$1" ;;
    esac
}

# memory_of PROGRAM: its resident set in KB
memory_of() {
    # shellcheck disable=SC2046  # numbers
    set -- $(process_of "$1")
    awk '/^Rss:/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

# all_memory: the proportional set size of the Till, in KB
all_memory() {
    till status --json | jq .pss_kb
}

# watch_memory FILE: the sum, again and again, until it is ended
watch_memory() {
    while sleep 1; do
        all_memory >>"$1" 2>/dev/null || :
    done
}

# with_memory_watched COMMAND ...: row_memory_load finds what the Till had
with_memory_watched() {
    local watcher status=0
    watch_memory "$work/memory" &
    watcher=$!
    "$@" || status=$?
    kill $watcher
    wait $watcher 2>/dev/null || :
    return $status
}

# row NAME UNIT GOAL TARGET TITLE: begins one. UNIT: ratio, ms, s, MB, /s.
# GOAL: least, most, or none, which is for information.
row() {
    say_where_we_are "$5"
    jq -nc --arg name "$1" --arg unit "$2" --arg goal "$3" \
        --argjson target "$4" --arg title "$5" '$ARGS.named' >>"$work/rows"
}

# value ROW VALUE [TILL [REFERENCE]]: one round's value of a row, and what it
# was made of. VALUE may be an expression of $till and $reference.
value() {
    jq -nc --arg row "$1" --argjson till "${3:-null}" \
        --argjson reference "${4:-null}" \
        "{row: \$row, value: ($2), till: \$till, reference: \$reference}" \
        >>"$work/values"
}

# note TEXT: stands below the table
note() {
    echo "$1" | tee -a "$work/notes" >&2
}

# report SECONDS: the table, its JSON, its plot
report() {
    jq -n --slurpfile rows "$work/rows" --slurpfile values "$work/values" \
        --arg kind "$BENCH" --arg at "$(date -u +%Y-%m-%d)" \
        --argjson seconds "$1" --argjson cores "$(nproc)" \
        --argjson fsync "$fsync" --rawfile notes "$work/notes" -f "$here/result.jq" >"$out/result.json"
    jq -r -f "$here/table.jq" "$out/result.json" >"$out/table.txt"
    jq -r -f "$here/plot.jq" "$out/result.json" >"$out/plot.svg"
    cat "$out/table.txt"
}

# What one fsync of a page costs here: a POST can't be cheaper.
micros_of_fsync() {
    local from to
    from=$(date +%s%N)
    dd if=/dev/zero of="$work/fsync" bs=4k count=200 oflag=dsync status=none
    to=$(date +%s%N)
    echo $(((to - from) / 200000))
}
