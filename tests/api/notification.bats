#!/usr/bin/env bats
# The notification service through the real nginx, with the sandbox as Gmail.
# What was mailed is asked of the sandbox's ledger, never of a log.

load ../lib.bash

setup_file() { till_start WORKER_LEASE=2; }
teardown_file() { till_stop; }

setup() {
    service=$(token_of payment service till-services SERVICE_SECRET)
    register_and_login
    order_something
}

teardown() {
    faults
    curl -sSf -X POST "$(sandbox_url)/sandbox/tokens/restore"
}

base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d =
}

# token_of ID ROLE AUDIENCE SECRET-SETTING: a token as Till signs its own
token_of() {
    local secret now head body
    secret=$(sed -n "s/^$4=//p" "$TILL_ENV")
    now=$(date +%s)
    head=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
    body=$(printf '{"iss":"till","aud":"%s","sub":"%s","role":"%s","iat":%d,"exp":%d,"jti":"t"}' \
        "$3" "$1" "$2" "$now" $((now + 600)) | base64url)
    printf '%s.%s.%s\n' "$head" "$body" "$(printf '%s.%s' "$head" "$body" |
        openssl dgst -sha256 -hmac "$secret" -binary | base64url)"
}

pay_order() {
    api PATCH "/api/order/$order_id" \
        '{"status":"Paid","payment_id":"pay_test"}' "$service"
    expect 200 .status Paid
}

# notify [TOKEN]: the mission's body, for the order of this test
notify() {
    api POST /api/notify \
        "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" \
        "${1:-$token}"
}

# queue: a Paid order's receipt; its path is left in $path
queue() {
    pay_order
    notify
    expect 202 .id "receipt_$order_id"
    path=$(header Location)
}

is() {
    api GET "/api/notification/receipt_$order_id" '' "$service"
    expect 200 && [ "$(member .status)" = "$1" ]
}

mails() {
    ledger "$order_id" | jq '.mails | length'
}

# The invariant: one mail for the order, and the notification says so.
is_mailed_once() {
    wait_for "${1:-15}" is Sent
    [ "$(mails)" = 1 ]
}

# on_draft MEMBERS, on_send MEMBERS: one of Gmail's calls goes wrong
on_draft() {
    faults "[{\"method\":\"POST\",\"path\":\"/gmail/v1/users/me/drafts\",\"times\":1,$1}]"
}

on_send() {
    faults "[{\"method\":\"POST\",\"path\":\"/gmail/v1/users/me/drafts/send\",\"times\":1,$1}]"
}

requests() {
    ledger | jq --arg path "$1" '[.requests[] | select(.path == $path)] | length'
}

# is_kept N: as many changes have been kept: 2 is the claim, 3 the draft's id, 4
# that the send has begun
is_kept() {
    is Sending && [ "$(header ETag)" = "\"$1\"" ]
}

kill_worker() {
    kill -9 "$(process_of notification-worker)"
}

# part TYPE: the decoded part of the mail
part() {
    ledger "$order_id" | jq -r '.mails[0].raw' | tr -d '\r' | awk -v type="$1" '
        /^Content-Type:/ { is_it = index($0, type) > 0; is_body = 0 }
        /^--/ { is_body = 0 }
        is_it && is_body { print }
        /^$/ { is_body = 1 }' | openssl base64 -d
}

@test "the mission's body queues a receipt, which is mailed once" {
    queue
    expect 202 .status Queued
    [ "$(member .order_id)" = "$order_id" ]
    [ "$(member .user_id)" = "$user_id" ]
    is_mailed_once
}

@test "the receipt goes to the user's address and says what was paid" {
    queue
    is_mailed_once
    [ "$(ledger "$order_id" | jq -r '.mails[0].to')" = "$email" ]
    [ "$(ledger "$order_id" | jq -r '.mails[0].message_id')" = \
        "<receipt_$order_id@shop.example>" ]
    for type in text/plain text/html; do
        part $type | grep -q "$order_id"
        part $type | grep -q 'A book'
        part $type | grep -qF '$1,000.00'
    done
}

@test "a user's and a product's special characters arrive as they were typed" {
    api POST /api/order '{"product_name":"Tee <b>№ 5</b> & \"mehr\" 🍵, und ein Name, der nicht in eine Zeile passt","quantity":2,"price":"19.5","currency":"eur"}' "$token"
    order_id=$(member .id)
    queue
    is_mailed_once
    part text/plain | grep -qF 'Tee <b>№ 5</b> & "mehr" 🍵,'
    part text/plain | grep -q '€39.00'
    part text/html | grep -qF 'Tee &lt;b&gt;№ 5&lt;/b&gt; &amp; &quot;mehr&quot; 🍵,'
    # the ledger holds the unfolded header
    ledger "$order_id" | jq -r '.mails[0].subject' | grep -o '?B?[^?]*' |
        cut -c 4- | while read -r word; do
        printf '%s' "$word" | openssl base64 -d -A
    done | grep -qF 'Tee <b>№ 5</b> & "mehr" 🍵, und ein Name'
}

@test "notifying again is 200 with the same id, and mails nothing more" {
    queue
    notify
    expect 200 .id "receipt_$order_id"
    is_mailed_once
    notify "$service"
    expect 200 .status Sent
    [ "$(mails)" = 1 ]
}

@test "fifty notifies at once make one receipt" {
    pay_order
    for _ in $(seq 50); do
        curl -s -o /dev/null -w '%{http_code}\n' "$TILL_URL/api/notify" \
            -H "Authorization: Bearer $token" \
            -H 'Content-Type: application/json' \
            -d "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" &
    done >"$BATS_TEST_TMPDIR/codes"
    wait_for 20 eval '[ "$(wc -l <"$BATS_TEST_TMPDIR/codes")" = 50 ]'
    [ "$(grep -c 202 "$BATS_TEST_TMPDIR/codes")" = 1 ]
    [ "$(grep -c 200 "$BATS_TEST_TMPDIR/codes")" = 49 ]
    is_mailed_once
}

@test "an order that isn't Paid is refused, and nothing is queued" {
    notify
    expect_problem 409
    api GET "/api/notification/receipt_$order_id" '' "$service"
    expect_problem 404
}

@test "what isn't one's own looks like what isn't there" {
    pay_order
    local owner=$user_id owners_order=$order_id
    register_and_login
    notify # the order is another's
    expect_problem 404
    user_id=$owner
    notify # the user is another
    expect_problem 404
    notify "$service"
    expect 202
    api GET "/api/notification/receipt_$owners_order" '' "$token"
    expect_problem 404
    # a service, too, must name the right user
    user_id=00000000-0000-7000-8000-000000000000
    notify "$service"
    expect_problem 404
}

@test "an order that doesn't exist is 404" {
    order_id=00000000-0000-7000-8000-000000000000
    notify
    expect_problem 404
    notify "$service"
    expect_problem 404
}

@test "bad input names the field" {
    api POST /api/notify '{"user_id":"x"}' "$token"
    expect_problem 422 /user_id
    expect_field /order_id
    api POST /api/notify '{"user_id":1,"order_id":null,"kind":"receipt"}' "$token"
    expect_problem 422 /user_id
    expect_field /order_id
    expect_field /kind
    api POST /api/notify '{' "$token"
    expect_problem 400
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}"
    expect_problem 401
}

@test "the owner sees how far it is; why it failed, only admins and services" {
    queue
    is_mailed_once
    api GET "$path" '' "$token"
    expect 200 .status Sent
    [ "$(member .kind)" = receipt ]
    [ "$(member .attempts)" = 1 ]
    [ "$(member '.sent_at | type')" = string ]
    member 'has("last_error") | not'
    api GET "$path" '' "$token" -H "If-None-Match: $(header ETag)"
    expect 304
    api GET "$path" '' "$(token_of "$user_id" admin till JWT_SECRET)"
    member 'has("last_error")'
}

@test "a malformed id is 400, an unknown one 404, another method 405" {
    api GET /api/notification/receipt_x '' "$token"
    expect_problem 400
    api GET "/api/notification/$order_id" '' "$token"
    expect_problem 400
    api GET /api/notification/receipt_00000000-0000-7000-8000-000000000000 \
        '' "$token"
    expect_problem 404
    api POST "/api/notification/receipt_$order_id" '{}' "$token"
    expect_problem 405
}

@test "a send whose answer is lost is settled: one mail" {
    on_send '"drop":"after"'
    queue
    is_mailed_once
    member '.attempts == 2'
}

@test "a send that never arrived is sent: one mail" {
    on_send '"drop":"before"'
    queue
    is_mailed_once
}

@test "a 5xx to a send may mean either: one mail" {
    on_send '"status":500,"effect":true'
    queue
    is_mailed_once
    on_send '"status":503'
    order_something
    queue
    is_mailed_once
    on_send '"cut":5'
    order_something
    queue
    is_mailed_once
}

@test "a draft whose answer is lost mails nobody; another one is made" {
    on_draft '"drop":"after"'
    queue
    is_mailed_once
    on_draft '"status":500'
    order_something
    queue
    is_mailed_once
}

# sandbox_sql SQL: changes what the sandbox keeps, behind its back
sandbox_sql() {
    sqlite3 -cmd '.timeout 5000' "$TILL_HOME/sandbox/sandbox.db" "$1"
}

@test "drafts that were lost are thrown away when they are old, also by the page" {
    on_draft '"drop":"after"'
    queue
    is_mailed_once
    sandbox_sql "WITH RECURSIVE copies (n) AS
        (VALUES (1) UNION ALL SELECT n + 1 FROM copies WHERE n < 50)
        INSERT INTO draft (id, message, thread, raw, created)
            SELECT id || n, message, thread, raw, created
            FROM copies, (SELECT * FROM draft LIMIT 1);
        UPDATE draft SET created = created - 7200"
    [ "$(ledger | jq .drafts)" -ge 51 ]
    set_kept notification mailboxes swept_at 0
    wait_for 20 eval '[ "$(ledger | jq .drafts)" = 0 ]'
}

@test "an access token that Gmail refuses is renewed once" {
    local before
    before=$(requests /token)
    on_send '"status":401'
    queue
    is_mailed_once
    member '.attempts == 1'
    [ "$(requests /token)" = $((before + 1)) ]
}

@test "a mail that Gmail refuses for good is abandoned, and leaves no draft" {
    local drafts
    drafts=$(ledger | jq .drafts)
    on_send '"status":400'
    queue
    wait_for 15 is Abandoned
    member '.last_error | contains("Gmail refuses the mail")'
    [ "$(mails)" = 0 ]
    [ "$(ledger | jq .drafts)" = "$drafts" ]
}

@test "a worker killed while its draft is made: one mail" {
    on_draft '"delay_ms":4000'
    queue
    wait_for 5 is_kept 2
    kill_worker
    is_mailed_once
    member '.attempts == 2'
}

@test "a worker killed while its send is under way: one mail" {
    on_send '"delay_ms":4000'
    queue
    wait_for 5 is_kept 4
    kill_worker
    is_mailed_once
    member '.attempts == 2'
}

@test "a worker that is stopped finishes the mail it is at" {
    on_send '"delay_ms":1000'
    queue
    wait_for 5 is_kept 4
    kill -TERM "$(process_of notification-worker)"
    is_mailed_once
    member '.attempts == 1'
}

@test "SIGHUP restarts a worker in place" {
    local process
    process=$(process_of notification-worker)
    kill -HUP "$process"
    queue
    is_mailed_once
    [ "$(process_of notification-worker)" = "$process" ]
}

@test "several workers share the queue: one mail an order, one token" {
    local program before pids=() orders=()
    program=$(readlink "/proc/$(process_of notification-worker)/exe")
    before=$(requests /token)
    for _ in $(seq 15); do
        queue
        orders+=("$order_id")
        order_something
    done
    for _ in 1 2 3; do
        (cd "$TILL_HOME" && worker_once "$program") 3>&- &
        pids+=($!)
    done
    wait "${pids[@]}"
    for order_id in "${orders[@]}"; do
        is_mailed_once
    done
    [ "$(requests /token)" = "$before" ]
}

# worker_once PROGRAM: a worker more, with the sandbox's credentials
worker_once() {
    local base
    base=$(sandbox_url)
    GMAIL_CLIENT_ID=sandbox GMAIL_CLIENT_SECRET=sandbox \
        GMAIL_REFRESH_TOKEN=sandbox-refresh GMAIL_API_BASE=$base \
        GOOGLE_TOKEN_URL=$base/token EMAIL_USER=receipts@shop.example \
        "$1" --once
}

@test "a worker without any way to mail says what to set" {
    local program
    program=$(readlink "/proc/$(process_of notification-worker)/exe")
    cd "$TILL_HOME"
    run "$program" --once
    [ "$status" = 78 ]
    [[ $output == *GMAIL_REFRESH_TOKEN*EMAIL_PASS* ]]
    GMAIL_CLIENT_ID=x run "$program" --once
    [ "$status" = 78 ]
    [[ $output == *GMAIL_CLIENT_SECRET* ]]
    GMAIL_CLIENT_ID=x GMAIL_CLIENT_SECRET=x GMAIL_REFRESH_TOKEN=x \
        EMAIL_USER=a@b GMAIL_API_BASE=http://mail.example run "$program" --once
    [ "$status" = 78 ]
    [[ $output == *GMAIL_API_BASE* ]]
    EMAIL_USER=a@b EMAIL_PASS=x SMTP_DELIVERY=maybe run "$program" --once
    [ "$status" = 78 ]
    [[ $output == *SMTP_DELIVERY* ]]
}

# tries: how often a draft was asked for
tries() {
    ledger | jq '[.requests[] | select(.method == "POST" and
        .path == "/gmail/v1/users/me/drafts")] | length'
}

@test "while Gmail is away one mail at a time is tried; then all leave" {
    local before orders=()
    before=$(tries)
    faults '[{"method":"POST","path":"/gmail/v1/users/me/drafts","times":1000,"status":503}]'
    for _ in 1 2 3; do
        queue
        orders+=("$order_id")
        order_something
    done
    wait_for 40 eval '[ "$(tries)" -ge $((before + 6)) ]'
    faults
    for order_id in "${orders[@]}"; do
        is_mailed_once 40
        # the outage isn't counted against it
        member '.attempts <= 2'
    done
}

# From here on each test ends with a queue that stands still for a while.

@test "over the quota the queue waits, and goes on by itself" {
    on_send '"status":429'
    queue
    wait_for 5 eval 'is Queued && member ".last_error | contains(\"quota\")"'
    is_mailed_once 30
}

is_paused() {
    [ "$(kept notification mailboxes paused_until)" -gt 1 ]
}

@test "a Retry-After that makes no sense stops the queue for a day at most" {
    local value least most pause orders=()
    # more than 32 bits hold; and less than nothing, which counts as not said
    while read -r value least most; do
        on_send "\"status\":429,\"headers\":{\"Retry-After\":\"$value\"}"
        queue
        orders+=("$order_id")
        wait_for 15 is_paused
        wait_for 5 is Queued
        pause=$(($(kept notification mailboxes paused_until) / 1000 - $(date +%s)))
        [ "$pause" -ge "$least" ]
        [ "$pause" -le "$most" ]
        set_kept notification mailboxes paused_until 1
        order_something
    done <<<'4294967297 86000 86400
        9000000000000000000 86000 86400
        -5 1 15'
    set_kept notification notifications due_at 1 status Queued
    for order_id in "${orders[@]}"; do
        is_mailed_once
    done
}

@test "nor does one of the server of tokens let a mail wait for longer" {
    curl -sSf -X DELETE "$(sandbox_url)/sandbox/tokens" >/dev/null
    faults '[{"path":"/token","status":503,"headers":{"Retry-After":"4294967297"}}]'
    queue
    wait_for 5 eval 'is Queued && member ".last_error | contains(\"no access token\")"'
    local due_at
    due_at=$(kept notification notifications due_at id "receipt_$order_id")
    [ $((due_at / 1000 - $(date +%s))) -gt 80000 ]
    [ $((due_at / 1000 - $(date +%s))) -le 86400 ]
    set_kept notification notifications due_at 1 id "receipt_$order_id"
    is_mailed_once
}

# alarms: how often the log says that a person must look at the mailbox
alarms() {
    grep -c 'no mail leaves' "$TILL_HOME/log/notification-worker.log"
}

@test "a refresh token that Google refuses stops the queue, loses nothing" {
    local orders before
    curl -sSf -X POST "$(sandbox_url)/sandbox/tokens/revoke"
    queue
    orders=("$order_id")
    wait_for 5 eval 'is Queued && member ".last_error | contains(\"invalid_grant\")"'
    order_something
    queue
    orders+=("$order_id")
    # as if the pause were over, but not mended: no second alarm
    before=$(requests /token)
    set_kept notification mailboxes paused_until 1
    wait_for 15 eval '[ "$(requests /token)" -gt "$before" ]'
    wait_for 15 is_paused
    for order_id in "${orders[@]}"; do
        is Queued
        [ "$(mails)" = 0 ]
    done
    curl -sSf -X POST "$(sandbox_url)/sandbox/tokens/restore"
    set_kept notification mailboxes paused_until 1
    set_kept notification notifications due_at 1 status Queued
    for order_id in "${orders[@]}"; do
        is_mailed_once
    done
    [ "$(alarms)" = 1 ]
}
