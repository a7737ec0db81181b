# To hash a password takes a processor and 19 MiB for a while. HASHES_AT_ONCE are
# hashed, some wait for that, and whoever comes then is told to come back.

load ../lib.bash
load ../tools.bash

setup_file() { till_start HASHES_AT_ONCE=1; }
teardown_file() { till_stop; }

log_in() {
    api POST /api/login "$credentials"
}

is_refused() {
    log_in
    [ "$status" = 503 ]
}

@test "of too many logins at once some are told to come back, and the rest goes on" {
    local all=$BATS_TEST_TMPDIR/all credentials many
    register_and_login
    order_something
    credentials="{\"email\":\"$email\",\"password\":\"$password\"}"
    "$tools/load" -t 40 -s 60 -m POST -H 'Content-Type: application/json' \
        -d "$credentials" "$TILL_URL/api/login" >"$all" 3>&- &
    many=$!
    wait_for 30 is_refused
    expect_problem 503
    [ "$(header Retry-After)" = 1 ]
    order_is Pending
    kill $many
    wait $many
    [ "$(cut -d ' ' -f 1 "$all" | sort -u | xargs)" = '200 503' ]
    # nobody waits for ever
    log_in
    expect 200
}
