# A Till whose users are in MongoDB: the whole walk, and what holds while
# MongoDB refuses connections, says nothing, or is slow.

# shellcheck disable=SC2154,SC2016 # what lib.bash leaves; doctor's words

load ../lib.bash

setup_file() { till_start; }
teardown_file() { till_stop; }

# MongoDB as these tests want it: gone, silent, or slow.
setup() {
    [ -z "${MONGO_TEST_URI:-}" ] || [ "$BATS_TEST_NUMBER" -le 4 ] ||
        skip "MONGO_TEST_URI is not ours to stop"
}

teardown() {
    go_on
    start_server
}

start_server() {
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
}

stop_server() {
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
}

# Connections are made, and those that there are stay, but nobody answers.
go_silent() {
    kill -STOP "$(cat "$mongo_folder/pid")"
}

# Answers only now and then: $1 seconds pass between.
go_slow() {
    local server
    server=$(cat "$mongo_folder/pid")
    while kill -STOP "$server"; do
        sleep "$1"
        kill -CONT "$server"
        sleep 0.02
    done 3>&- &
    slowness=$!
}

go_on() {
    [ -z "${slowness:-}" ] || { kill "$slowness" && wait "$slowness"; } || :
    slowness=
    kill -CONT "$(cat "$mongo_folder/pid")" 2>/dev/null || :
}

# in_time METHOD PATH [JSON [TOKEN]]: an answer within three seconds
in_time() {
    local start
    start=$(date +%s%3N)
    api "$@"
    took=$(($(date +%s%3N) - start))
    [ "$took" -lt 3000 ] || {
        echo "it took $took ms: $*" >&2
        return 1
    }
}

# refused METHOD PATH [JSON [TOKEN]]: 503, soon, saying when to come again
refused() {
    in_time "$@" || return
    expect_problem 503 || return
    [ "$(header Retry-After)" -ge 1 ]
}

credentials() {
    jq -nc --arg email "$email" --arg password "$password" \
        '{email: $email, password: $password}'
}

newcomer() {
    jq -nc --arg email "new-$email" '{username: "a", email: $email,
        password: "correct horse"}'
}

logs_in() {
    api POST /api/login "$(credentials)"
    [ "$status" = 200 ]
}

# What needs the users is refused, and only that.
users_are_away() {
    for _ in 1 2; do
        refused POST /api/login "$(credentials)" || return
        refused POST /api/user "$(newcomer)" || return
        refused GET "/api/user/$user_id" '' "$token" || return
    done
    order_something || return
    in_time GET "/api/order/$order_id" '' "$token" || return
    expect 200 .status Pending
}

# All of it is back, and what was there before is still there.
users_are_back() {
    wait_for 10 logs_in || return
    api GET "/api/user/$user_id" '' "$token"
    expect 200 .email "$email" || return
    api POST /api/user "$(newcomer)"
    expect 201
}

users_processes() {
    for program in user-register user-login user-show; do
        process_of $program
    done
}

@test "one order walks through the workflow, and its user is in MongoDB alone" {
    run till smoke "$TILL_URL"
    [ "$status" = 0 ]
    [[ ${lines[-1]} == *'is Paid, its receipt is Sent.' ]]
    [ "$(mongo_count users '{"username": "smoke"}')" = 1 ]
    files=("$TILL_HOME"/data/*.db)
    [ "${files[*]##*/}" = 'notification.db order.db payment.db' ]
}

@test "migrate may be repeated, and makes anew what doctor misses" {
    till migrate
    run till doctor
    [ "$status" = 0 ]
    mongo '{"drop": "user_login_failures"}'
    mongo '{"create": "user_login_failures"}'
    mongo '{"drop": "user_emails"}'
    mongo '{"collMod": "users", "validator": {}}'
    run till doctor
    [ "$status" = 78 ]
    [[ $output == *'USER_DB lacks the validator of users, the collection user_emails, the validator of user_login_failures, the index until:1 of user_login_failures: run `scripts/till migrate`'* ]]
    till migrate
    run till doctor
    [ "$status" = 0 ]
    # a server that has them asks them of every document
    run mongo '{"insert": "users", "documents": [{"_id": "x", "username": 7}]}'
    [[ $output == *121* ]]
}

@test "doctor tells of every wrong setting also where one is in MongoDB's way" {
    THREADS=0 RATE_LIMIT=100000 run till doctor
    [ "$status" = 78 ]
    [[ $output == *"problem: THREADS "* && $output == *"problem: RATE_LIMIT "* ]]
    [[ $output == *"2 problems"* ]]
}

@test "the users' programs have loaded MongoDB's driver, and no others" {
    [ "${TILL_TEST_MONGO:-}" = MONGO_URI ] || skip "other stores are there, too"
    till status --json | jq -r '.programs[].name | select(test("-"))' |
        while read -r program; do
            grep -q libmongoc "/proc/$(process_of "$program")/maps" || continue
            echo "$program"
        done >"$BATS_TEST_TMPDIR/have"
    [ "$(paste -sd' ' "$BATS_TEST_TMPDIR/have")" = \
        'user-login user-register user-show' ]
}

@test "users get 503 within three seconds, orders go on, and it heals by itself" {
    register_and_login
    before=$(users_processes)
    stop_server
    users_are_away
    run till admin show-user "$email"
    [ "$status" = 69 ]
    start_server
    users_are_back
    [ "$(users_processes)" = "$before" ]
}

@test "the same where MongoDB takes connections and never answers" {
    register_and_login
    go_silent
    users_are_away
    go_on
    users_are_back
}

@test "where MongoDB is slow, each answer within three seconds is true or a 503" {
    register_and_login
    for pause in 0.2 1.1; do
        go_slow $pause
        for _ in 1 2 3 4; do
            in_time POST /api/login "$(credentials)"
            [ "$status" = 200 ] || expect_problem 503
            in_time GET "/api/user/$user_id" '' "$token"
            [ "$status" = 503 ] || expect 200 .email "$email"
            in_time POST /api/user "$(newcomer)"
            [ "$status" = 201 ] || [ "$status" = 409 ] || expect_problem 503
        done
        go_on
        wait_for 10 logs_in
    done
}

@test "a server that is killed in the middle of logins loses no account" {
    register_and_login
    kill -KILL "$(cat "$mongo_folder/pid")"
    refused POST /api/login "$(credentials)"
    start_server
    wait_for 10 logs_in
}

@test "the log names the cause, and neither the URI's password nor an address" {
    register_and_login
    stop_server
    refused POST /api/login "$(credentials)"
    grep -q '"cause":"MongoDB: ' "$TILL_HOME/log/user-login.log"
    run grep -rF "$email" "$TILL_HOME/log"
    [ "$status" = 1 ]
}
