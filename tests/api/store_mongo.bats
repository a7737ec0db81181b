#!/usr/bin/env bats
# While MongoDB, which keeps the users, is away.

load ../lib.bash
load ../mongod/mongo.bash

setup_file() {
    unset TILL_HOME mongo_folder # what teardown_file ends is ours
    [ -z "${MONGO_TEST_URI:-}" ] || return 0 # not ours to stop
    mongo_start
    [ -z "$mongo_uri" ] || till_start MONGO_URI="$mongo_uri"
}

setup() {
    [ -n "${TILL_HOME:-}" ] || skip "no MongoDB here that may be stopped"
}

teardown_file() {
    [ -z "${TILL_HOME:-}" ] || till_stop
    [ -z "${mongo_folder:-}" ] || mongo_stop
}

# refused METHOD PATH [JSON [TOKEN]]: 503, soon, saying when to come again
refused() {
    local start
    start=$(date +%s%3N)
    api "$@"
    [ $(($(date +%s%3N) - start)) -lt 3000 ] || {
        echo "it took too long: $*" >&2
        return 1
    }
    expect_problem 503 || return
    [ "$(header Retry-After)" -ge 1 ]
}

credentials() {
    jq -nc --arg email "$email" --arg password "$password" \
        '{email: $email, password: $password}'
}

logs_in() {
    api POST /api/login "$(credentials)"
    [ "$status" = 200 ]
}

users_processes() {
    for program in user-register user-login user-show; do
        process_of $program
    done
}

@test "users get 503 within three seconds, orders go on, and it heals by itself" {
    register_and_login
    before=$(users_processes)
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    for _ in 1 2; do
        refused POST /api/login "$(credentials)"
        refused POST /api/user "{\"username\":\"a\",\"email\":\"new-$email\",\"password\":\"correct horse\"}"
        refused GET "/api/user/$user_id" '' "$token"
    done
    order_something
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Pending
    run till admin show-user "$email"
    [ "$status" = 69 ]
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    wait_for 10 logs_in
    api GET "/api/user/$user_id" '' "$token"
    expect 200 .email "$email"
    email=new-$email
    api POST /api/user "{\"username\":\"a\",\"email\":\"$email\",\"password\":\"$password\"}"
    expect 201
    logs_in
    [ "$(users_processes)" = "$before" ]
}

@test "a server that is killed in the middle of logins loses no account" {
    register_and_login
    kill -KILL "$(cat "$mongo_folder/pid")"
    refused POST /api/login "$(credentials)"
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    wait_for 10 logs_in
}

@test "the log names the cause, and neither the URI's password nor an address" {
    register_and_login
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    refused POST /api/login "$(credentials)"
    grep -q '"cause":"MongoDB: ' "$TILL_HOME/log/user-login.log"
    run grep -rF "$email" "$TILL_HOME/log"
    [ "$status" = 1 ]
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    wait_for 10 logs_in
}
