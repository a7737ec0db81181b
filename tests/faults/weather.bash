# What goes wrong in a storm, for tests/faults/storm: who is killed, and how
# Stripe and Gmail misbehave. Chance comes from the seed. Each line of
# $work/kills is a kill's kind; each of $work/faults, a fault's and how often
# it has struck.
# shellcheck disable=SC2154,SC2317  # $work: the storm's; called by name

# nap MILLISECONDS
nap() {
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

# strike KIND SIGNAL PID...: whoever is gone by now was not killed
strike() {
    local kind=$1 signal=$2 pid
    shift 2
    for pid; do
        kill "-$signal" "$pid" 2>/dev/null && echo "$kind" >>"$work/kills"
    done
    return 0
}

# A program or worker, or its watcher: of those that ought to run.
some_program() {
    local pids=("$TILL_HOME"/run/*.pid) name
    while :; do
        name=$(basename "${pids[RANDOM % ${#pids[@]}]}" .pid)
        case $name in nginx | sandbox) ;; *) echo "$name" && return ;; esac
    done
}

# strike_program KIND SIGNAL [NAME]
strike_program() {
    local name=${3:-$(some_program)}
    # shellcheck disable=SC2046  # numbers
    strike "$1" "$2" $(process_of "$name" 2>/dev/null || :)
}

pid_in() {
    cat "$TILL_HOME/run/$1.pid" 2>/dev/null || :
}

# One that stands still for longer than a short lease: others take its work
# over, and then it goes on as if nothing had happened.
strike_still() {
    local pids
    pids=$(process_of "$1" 2>/dev/null || :)
    # shellcheck disable=SC2086  # numbers
    {
        strike 'program, stopped for a while' STOP $pids
        nap $((500 + RANDOM % 3000))
        kill -CONT $pids 2>/dev/null || :
    }
}

# Everything at once, as when the machine's power fails.
strike_all() {
    local file name
    for file in "$TILL_HOME"/run/*.pid; do
        name=$(basename "$file" .pid)
        case $name in
        nginx | sandbox) strike everything KILL "$(pid_in "$name")" ;;
        *) strike_program everything KILL "$name" ;;
        esac
    done
}

one_kill() {
    local dice=$((RANDOM % 100)) busy
    # those that money goes through have twice the chance
    busy=(payment-pay payment-worker payment-webhook payment-refund
        payment-cancel order-update order-create order-show
        notification-worker notification-notify)
    # shellcheck disable=SC2046  # numbers
    if [ $dice -lt 25 ]; then
        strike_program 'program, kill -9' KILL
    elif [ $dice -lt 55 ]; then
        strike_program 'program, kill -9' KILL "${busy[RANDOM % ${#busy[@]}]}"
    elif [ $dice -lt 60 ]; then
        strike_still "${busy[RANDOM % ${#busy[@]}]}"
    elif [ $dice -lt 68 ]; then
        strike_program 'program, SIGHUP' HUP
    elif [ $dice -lt 79 ]; then
        strike_program 'program, SIGTERM' TERM
    elif [ $dice -lt 83 ]; then
        strike 'watcher, kill -9' KILL "$(pid_in "$(some_program)")"
    elif [ $dice -lt 89 ]; then
        strike "nginx's worker, kill -9" KILL \
            $(pgrep -P "$(pid_in nginx)" 2>/dev/null | head -n 1)
    elif [ $dice -lt 92 ]; then
        strike "nginx's master, kill -9" KILL "$(pid_in nginx)"
    elif [ $dice -lt 98 ]; then
        strike 'sandbox, kill -9' KILL "$(pid_in sandbox)"
    else
        strike_all
    fi
}

# kills SEED END
kills() {
    RANDOM=$((($1 + 1) % 32768))
    while [ $SECONDS -lt "$2" ]; do
        nap $((50 + RANDOM % 700))
        one_kill
    done
}

# The server is killed, or ended, and started again; or stands still, and goes
# on as if nothing had happened.
one_trouble_of_mongo() {
    local dice=$((RANDOM % 100)) server
    server=$(cat "$mongo_folder/pid")
    if [ $dice -lt 50 ]; then
        strike 'MongoDB, stopped for a while' STOP "$server"
        nap $((200 + RANDOM % 3000))
        kill -CONT "$server" 2>/dev/null || :
    else
        if [ $dice -lt 90 ]; then
            strike 'MongoDB, kill -9' KILL "$server"
        else
            strike 'MongoDB, SIGTERM' TERM "$server"
        fi
        "$root/tests/mongod/mongod.sh" stop "$mongo_folder" # waits for its end
        nap $((RANDOM % 1500))
    fi
    # also one that has ended by itself
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
}

# troubles_of_mongo SEED END: where it is ours
troubles_of_mongo() {
    RANDOM=$((($1 + 3) % 32768))
    [ -n "${TILL_TEST_MONGO:-}" ] && [ -z "${MONGO_TEST_URI:-}" ] || return 0
    while [ $SECONDS -lt $(($2 - 3)) ]; do
        nap $((2000 + RANDOM % 8000))
        one_trouble_of_mongo
    done
}

# As an operator's supervisor: what doesn't come back by itself is started.
keep_up() {
    while :; do
        till start >>"$work/starts" 2>&1 || :
        sleep 0.5
    done
}

# more_workers END: as from cron, beside those that always run
more_workers() {
    local name worker=
    trap 'kill $worker 2>/dev/null; exit' TERM
    while [ $SECONDS -lt "$1" ]; do
        for name in payment-worker notification-worker; do
            one_more "$(process_of "$name" 2>/dev/null | head -n 1)" \
                2>/dev/null &
            worker=$!
            wait $worker || :
        done
        nap 300
    done
}

# one_more PID: the same program with the same settings, until nothing is due
one_more() {
    local program setting
    program=$(readlink "/proc/${1:-gone}/exe") || return 0
    while IFS= read -r -d '' setting; do
        export "${setting?}"
    done <"/proc/$1/environ"
    cd "$TILL_HOME" || return 0
    exec timeout 20 "$program" --once >/dev/null 2>&1
}

# Rules for the sandbox (tests/sandbox/faults.h), each with its kind. None of
# them lies about what has happened: an error may hide an effect, but a success
# is one, and a 404 comes only of what is gone.
fault_kinds() {
    cat <<'END'
[
{"kind": "Stripe: late", "path": "/v1/*", "delay_ms": 700},
{"kind": "Stripe: very late", "path": "/v1/*", "delay_ms": 9000},
{"kind": "Stripe: very late", "path": "*/confirm", "delay_ms": 15000},
{"kind": "Stripe: 409", "method": "POST", "path": "/v1/*", "status": 409},
{"kind": "Stripe: 424", "method": "POST", "path": "/v1/*", "status": 424},
{"kind": "Stripe: 429", "path": "/v1/*", "status": 429},
{"kind": "Stripe: 429", "method": "POST", "path": "/v1/*", "status": 429, "reason": "lock_timeout"},
{"kind": "Stripe: 500", "path": "/v1/*", "status": 500},
{"kind": "Stripe: 502", "path": "/v1/*", "status": 502, "body": "<html>Bad gateway</html>"},
{"kind": "Stripe: 503", "path": "/v1/*", "status": 503, "headers": {"Retry-After": "1"}},
{"kind": "Stripe: 500 with effect", "method": "POST", "path": "/v1/*", "status": 500, "effect": true},
{"kind": "Stripe: 504 with effect", "method": "POST", "path": "*/confirm", "status": 504, "effect": true},
{"kind": "Stripe: dropped before", "path": "/v1/*", "drop": "before"},
{"kind": "Stripe: dropped after", "method": "POST", "path": "/v1/*", "drop": "after"},
{"kind": "Stripe: dropped after", "method": "POST", "path": "*/confirm", "drop": "after"},
{"kind": "Stripe: dropped after", "method": "POST", "path": "/v1/refunds", "drop": "after"},
{"kind": "Stripe: dropped after", "method": "POST", "path": "*/cancel", "drop": "after"},
{"kind": "Stripe: hung after", "method": "POST", "path": "/v1/*", "hang": "after"},
{"kind": "Stripe: cut", "path": "/v1/*", "cut": 40},
{"kind": "Stripe: cut", "method": "POST", "path": "/v1/*", "cut": 400},
{"kind": "Gmail: late", "path": "/gmail/*", "delay_ms": 2000},
{"kind": "Gmail: 401", "path": "/gmail/*", "status": 401, "early": true},
{"kind": "Gmail: 403", "path": "/gmail/*", "status": 403, "reason": "rateLimitExceeded"},
{"kind": "Gmail: 403", "path": "/gmail/*", "status": 403, "reason": "domainPolicy", "early": true},
{"kind": "Gmail: 404", "method": "POST", "path": "*/drafts", "status": 404},
{"kind": "Gmail: 429", "path": "/gmail/*", "status": 429, "headers": {"Retry-After": "2"}},
{"kind": "Gmail: 500", "path": "/gmail/*", "status": 500},
{"kind": "Gmail: 503", "path": "/gmail/*", "status": 503},
{"kind": "Gmail: 500 with effect", "path": "/gmail/*", "status": 500, "effect": true},
{"kind": "Gmail: dropped before", "path": "/gmail/*", "drop": "before"},
{"kind": "Gmail: dropped after", "path": "/gmail/*", "drop": "after"},
{"kind": "Gmail: dropped after", "path": "*/drafts/send", "drop": "after"},
{"kind": "Gmail: hung after", "path": "*/drafts/send", "hang": "after"},
{"kind": "Gmail: cut", "path": "/gmail/*", "cut": 20},
{"kind": "Google: 500", "path": "/token", "status": 500},
{"kind": "Google: dropped after", "path": "/token", "drop": "after"}
]
END
}

ask_sandbox() {
    local method=$1 path=$2
    shift 2
    curl -sSf -m 30 -X "$method" "$(sandbox_url)/sandbox/$path" "$@" \
        2>/dev/null
}

# The rules that wait now are taken away; what they have struck is counted.
clear_faults() {
    local left
    [ -s "$work/rules" ] || return 0
    left=$(ask_sandbox GET faults) || return 0
    ask_sandbox DELETE faults >/dev/null || return 0
    jq -r --argjson left "$left" '.[] | . as $rule |
        (.times - ([$left[] | select(del(.times) ==
            ($rule | del(.times, .kind))) | .times] | first // 0)) as $hits |
        select($hits > 0) | "\($hits) \(.kind)"' "$work/rules" >>"$work/faults"
    : >"$work/rules"
}

# Rules of some kinds, for the next seconds; early: not near the end, since
# mail then rests for a minute.
set_faults() {
    jq -c --argjson dice "[$RANDOM, $RANDOM, $RANDOM, $RANDOM, $RANDOM, $RANDOM,
        $RANDOM]" --argjson late "$1" '
        (if $late then map(select(.early | not)) else . end) as $kinds |
        [range(1 + $dice[0] % 3) | ($kinds[$dice[. + 1] % ($kinds | length)] |
            del(.early)) + {times: (1 + $dice[. + 4] % 12)}] |
        unique_by(del(.times))' <(fault_kinds) >"$work/rules"
    ask_sandbox POST faults -d "$(jq -c 'map(del(.kind))' "$work/rules")" \
        >/dev/null || : >"$work/rules"
}

# How webhooks come: late, several times, out of order, forged, or as they
# should.
set_webhooks() {
    local forge='[]'
    [ $((RANDOM % 3)) != 0 ] || forge='["secret","timestamp","body","unsigned"]'
    ask_sandbox POST webhook -d "{\"copies\": $((1 + RANDOM % 3)),
        \"delay_ms\": $((RANDOM % 4 * 700)),
        \"jitter_ms\": $((RANDOM % 3 * 2500)), \"speed\": 600,
        \"parallel\": $((1 + RANDOM % 8)), \"seed\": $RANDOM,
        \"forge\": $forge}" >/dev/null || return 0
    echo "1 webhooks: another order, delay, number of copies" >>"$work/faults"
    [ "$forge" = '[]' ] || echo "1 webhooks: forged ones as well" >>"$work/faults"
}

# Access tokens are expired; or consent is withdrawn, and given again.
trouble_tokens() {
    if [ "$1" = true ] || [ $((RANDOM % 3)) != 0 ]; then
        ask_sandbox DELETE tokens && echo "1 Google: tokens expired" \
            >>"$work/faults"
    else
        ask_sandbox POST tokens/revoke && echo "1 Google: consent withdrawn" \
            >>"$work/faults"
        nap 2000
        ask_sandbox POST tokens/restore
    fi || :
}

# weather SEED END
weather() {
    local late=false begun=$SECONDS
    RANDOM=$((($1 + 2) % 32768))
    while [ $SECONDS -lt "$2" ]; do
        [ $((4 * (SECONDS - begun))) -lt $((3 * ($2 - begun))) ] || late=true
        set_faults $late
        [ $((RANDOM % 4)) != 0 ] || set_webhooks
        [ $((RANDOM % 10)) != 0 ] || trouble_tokens $late
        nap $((300 + RANDOM % 1500))
        clear_faults
        # fair weather, too, or nothing would ever get on
        nap $((RANDOM % 800))
    done
}

# No more misbehaviour; what was held back comes.
calm() {
    is_calm() {
        ask_sandbox DELETE faults >/dev/null &&
            ask_sandbox POST tokens/restore >/dev/null &&
            ask_sandbox POST webhook -d '{"speed": 100000, "parallel": 8}' \
                >/dev/null
    }
    wait_for 30 is_calm
    ask_sandbox POST webhook/flush -d '{}' >/dev/null || :
}

# Banks that took their time with a refund have it paid out now.
banks_pay_out() {
    local id
    for id in $(stored payment "SELECT stripe_id FROM refunds
        WHERE state = 'Pending'" | jq -r '.[].stripe_id'); do
        ask_sandbox POST "refunds/$id/succeed" >/dev/null || :
    done
}

# Deliveries that Stripe still tries.
waiting_webhooks() {
    ask_sandbox GET webhook | jq '.pending + .held'
}

# figures SEED SECONDS REPORT: one small table
figures() {
    count() { cat "$work"/journals/*.jsonl | grep -c "\"what\":\"$1\"" || :; }
    printf '\n%-42s %8s\n' "seed $1" "$(awk "BEGIN { print $2 / 60 }") min"
    printf '%-42s %8d\n' 'customers' "$customers" \
        'asked to order' "$(count order)" 'asked to pay' "$(count pay)" \
        'asked to cancel' "$(count cancel)" \
        "asked to refund" "$(count refund)" \
        "refunds at the dashboard" "$(count dashboard)" \
        'disputes' "$(count dispute)" \
        'visits to the bank' "$(($(count approve) + $(count refuse)))"
    awk '/ orders, .* violations$/ {
        for (i = 1; i < NF; i += 2) {
            sub(/[,:]$/, "", $(i + 1))
            printf "%-42s %8d\n", "in the end: " $(i + 1), $i
        }
    }' "$3"
    sort "$work/kills" | uniq -c | awk '{
        n = $1; $1 = ""; sum += n; printf "%-42s %8d\n", "killed:" $0, n
    } END { printf "%-42s %8d\n", "kills in all", sum }'
    awk '{
        n = $1; $1 = ""; count[$0] += n; sum += n
    } END {
        for (kind in count) printf "%-42s %8d\n", "fault:" kind, count[kind]
        printf "%-42s %8d\n", "faults in all", sum
    }' "$work/faults" | sort
}
