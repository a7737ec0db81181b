# Logins and registrations from one address: RATE_LIMIT a minute.

load ../lib.bash

teardown() {
    till_stop
}

# logins N: the statuses of N logins in a row, in one line
logins() {
    curl -sS -m 60 -X POST -o /dev/null -w '%{http_code}\n' "${@:2}" \
        "$TILL_URL/api/login?[1-$1]" | sort | uniq -c | xargs
}

@test "so many are let through, then 429 with Retry-After, for registrations too" {
    till_start RATE_LIMIT=3
    [ "$(logins 5)" = '3 415 2 429' ]
    for path in /api/login /api/user; do
        api POST $path '{}'
        expect_problem 429
        [ "$(header Retry-After)" = 60 ]
    done
    # nothing else is counted
    api GET /api/order
    expect 401
}

@test "calls between services are not counted" {
    till_start RATE_LIMIT=1
    [ "$(logins 5 --unix-socket "$TILL_HOME/run/internal.sock")" = '5 415' ]
}

@test "0 means no limit" {
    till_start RATE_LIMIT=0
    [ "$(logins 100)" = '100 415' ]
}

@test "a restart takes a new limit, and the old one away" {
    till_start RATE_LIMIT=2
    [ "$(logins 3)" = '2 415 1 429' ]
    RATE_LIMIT=0 till restart
    is_unlimited() {
        [ "$(logins 20)" = '20 415' ]
    }
    wait_for 5 is_unlimited
}
