# scripts/till backup and restore: copies of a Till that is in use, and what is
# true of the shop when one is put back.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup_file() {
    till_start PAYMENT_LEASE=1 WORKER_LEASE=1
}

teardown_file() {
    till_stop
}

setup() {
    backups=$BATS_TEST_TMPDIR/backups
}

# newest: the last backup's folder
newest() {
    find "$backups" -mindepth 1 -maxdepth 1 -name '2*' | sort | tail -n 1
}

# written HEADING: the lines that docs/operating.md has there to be typed
written() {
    sed -n "/^## $1\$/,/^## /s|^    scripts/||p" "$root/docs/operating.md"
}

# sums_anew FOLDER: as if it had been made so
sums_anew() {
    (cd "$1" && sha256sum -- *.db >SHA256SUMS)
}

receipts() {
    ledger "$order_id" | jq '.mails | length'
}

has_receipts() {
    [ "$(receipts)" -ge "$1" ]
}

@test "a backup of a shop in use is whole, of one moment, and for nobody else to read" {
    register_and_login
    load_on POST /api/order "$token" \
        '{"product_name":"Tea","quantity":1,"price":10}' -s 5 -t 4 \
        >"$BATS_TEST_TMPDIR/answers" 3>&- &
    loading=$!
    has_begun() { [ -s "$BATS_TEST_TMPDIR/answers" ]; }
    wait_for 5 has_begun
    before=$(grep -c ^201 "$BATS_TEST_TMPDIR/answers")
    run --separate-stderr till backup "$backups" --json
    [ "$status" = 0 ]
    after=$(grep -c ^201 "$BATS_TEST_TMPDIR/answers")
    wait $loading
    run ! grep -v ^201 "$BATS_TEST_TMPDIR/answers"
    # as the page has it
    # shellcheck disable=SC2034
    BACKUPS=$backups
    run --separate-stderr eval "$(written 'Back up') --json"
    [ "$(printf '%s' "$output" | jq -r .folder)" = "$(newest)" ]
    [ "$(printf '%s' "$output" | jq -r '[.databases[].service] | join(" ")')" = \
        'payment notification order user' ]
    rm -r "$(newest)" # the first one is it
    (cd "$(newest)" && sha256sum --quiet -c SHA256SUMS)
    [ "$(cd "$(newest)" && echo *)" = \
        'SHA256SUMS notification.db order.db payment.db user.db' ]
    [ "$(stat -c %a "$(newest)" "$(newest)"/* | sort -u | xargs)" = '600 700' ]
    for file in "$(newest)"/*.db; do
        [ "$(sqlite3 "$file" 'PRAGMA integrity_check')" = ok ]
    done
    kept=$(sqlite3 "$(newest)/order.db" \
        "SELECT COUNT(*) FROM orders WHERE user_id = '$user_id'")
    [ "$kept" -ge "$before" ]
    # an order is there a little before its answer's line
    [ "$kept" -le $((after + 4)) ]
}

@test "a restore is refused while Till runs, or somebody else uses a database" {
    till backup "$backups"
    run till restore "$(newest)"
    [ "$status" = 75 ]
    [[ $output == *'Till is running: scripts/till stop'* ]]
    till stop
    mkfifo "$BATS_TEST_TMPDIR/hold"
    sqlite3 "$TILL_HOME/data/payment.db" <"$BATS_TEST_TMPDIR/hold" \
        >"$BATS_TEST_TMPDIR/held" 3>&- &
    exec 8>"$BATS_TEST_TMPDIR/hold"
    echo 'SELECT COUNT(*) FROM payments;' >&8
    is_held() { [ -s "$BATS_TEST_TMPDIR/held" ]; }
    wait_for 5 is_held
    run till restore "$(newest)"
    exec 8>&-
    wait
    [ "$status" = 75 ]
    [[ $output == *'payment.db is in use'* ]]
    [ -z "$(find "$TILL_HOME/data" -name '*.before-*' -o -name '*.restored')" ]
    [ ! -e "$TILL_HOME/run/read-only" ]
    till start
    api GET /api/health/ready
    expect 200
}

@test "a drill: what was paid since the backup is found out, and charged once" {
    register_and_login
    order_something
    early=$order_id
    pay
    expect 200 .status Paid
    wait_for 15 has_receipts 1
    order_something
    late=$order_id
    till backup "$backups"
    pay
    expect 200 .status Paid
    wait_for 15 has_receipts 1
    known=$token
    register_and_login # whom the backup doesn't know
    newcomer=$email token=$known
    till stop
    # the disk was lost with all that was on it
    rm "$TILL_HOME"/data/*
    cd "$BATS_TEST_TMPDIR"
    # shellcheck disable=SC2034  # the page's own
    BACKUP=backups/$(basename "$(newest)")
    mapfile -t lines < <(written Restore)
    [ ${#lines[@]} = 5 ]
    [[ ${lines[0]}${lines[4]} == *' stop'*' read-only off' ]]
    eval "${lines[1]}"
    eval "${lines[2]}"
    order_id=$late
    order_is Pending
    pay
    expect_problem 503 # nobody pays yet
    eval "${lines[3]}" >said
    [[ $(cat said) == *'nothing is due any more' ]]
    order_is Paid
    eval "${lines[4]}"
    pay
    expect 200 .status Paid
    for order_id in $early $late; do
        order_is Paid
        [ "$(charges)" = 1 ]
    done
    # the mails of the backup's time are not sent again; that another one was,
    # it doesn't know
    wait_for 15 has_receipts 2
    order_id=$early
    [ "$(receipts)" = 1 ]
    api POST /api/login "{\"email\":\"$newcomer\",\"password\":\"$password\"}"
    expect 401
}

@test "what was there stays beside, also where it is damaged" {
    register_and_login
    till backup "$backups"
    order_something
    till stop
    printf 'this is no database' |
        dd of="$TILL_HOME/data/user.db" conv=notrunc status=none
    run till restore "$(newest)" user order
    [ "$status" = 0 ]
    [ "$(find "$TILL_HOME/data" -name 'user.db.before-*' | wc -l)" = 1 ]
    before=$(find "$TILL_HOME/data" -name 'order.db.before-*')
    [ "$(sqlite3 "$before" "SELECT COUNT(*) FROM orders WHERE id = '$order_id'")" = 1 ]
    [ "$(sqlite3 "$TILL_HOME/data/order.db" \
        "SELECT COUNT(*) FROM orders WHERE id = '$order_id'")" = 0 ]
    [ -z "$(find "$TILL_HOME/data" -name 'payment.db.before-*')" ]
    [ "$(stat -c %a "$TILL_HOME/data/user.db")" = 600 ]
    till start
    till read-only off
    api POST /api/login "{\"email\":\"$email\",\"password\":\"$password\"}"
    expect 200
}

@test "a backup that is not whole, was changed, or is newer, is refused before anything is done" {
    till backup "$backups"
    till stop
    whole=$(newest)
    bad=$BATS_TEST_TMPDIR/bad
    : >"$BATS_TEST_TMPDIR/mark"
    refused() { # refused STATUS WORDS: the backup in $bad
        run till restore "$bad"
        if [ "$status" != "$1" ] || [[ $output != *"$2"* ]]; then
            echo "$status $output" >&2
            return 1
        fi
        [ -z "$(find "$TILL_HOME/data" -newer "$BATS_TEST_TMPDIR/mark" \
            -name '*.before-*')" ]
    }
    refused 66 'is no whole backup'
    cp -r "$whole" "$bad"
    rm "$bad/SHA256SUMS"
    refused 66 'is no whole backup'
    cp "$whole/SHA256SUMS" "$bad"
    printf x | dd of="$bad/user.db" conv=notrunc bs=1 seek=5000 status=none
    refused 65 'user.db is not what its sum says'
    cp "$whole/user.db" "$bad"
    sqlite3 "$bad/user.db" 'PRAGMA user_version = 99'
    sums_anew "$bad"
    refused 65 'is of version 99'
    cp "$whole/user.db" "$bad"
    head -c 8192 "$whole/order.db" >"$bad/order.db"
    sums_anew "$bad"
    refused 65 'is damaged'
    till start
}

@test "only as many backups are kept as asked for, and half ones are taken away" {
    mkdir -p "$backups/20200101T000000Z.part" "$backups/20200101T000000Z" \
        "$backups/20200102T000000Z" "$backups/mine"
    touch "$backups/20200101T000000Z/user.db" \
        "$backups/20200101T000000Z.part/user.db"
    till backup "$backups" --keep 2
    [ "$(cd "$backups" && echo *)" = \
        "20200102T000000Z $(basename "$(newest)") mine" ]
}

@test "a database that is damaged, and one that isn't there, make no backup" {
    USER_DB=sqlite:$BATS_TEST_TMPDIR/none.db run till backup "$backups"
    [ "$status" = 66 ]
    till backup "$backups"
    cp "$(newest)/user.db" "$BATS_TEST_TMPDIR/user.db"
    rm -r "$backups"
    # an index that has lost its entries
    page=$(sqlite3 "$BATS_TEST_TMPDIR/user.db" "SELECT rootpage
        FROM sqlite_schema WHERE name = 'login_failures_until'")
    head -c 4096 /dev/zero | dd of="$BATS_TEST_TMPDIR/user.db" conv=notrunc \
        bs=4096 seek=$((page - 1)) status=none
    USER_DB=sqlite:$BATS_TEST_TMPDIR/user.db run till backup "$backups"
    [ "$status" = 65 ]
    [[ $output == *'is damaged'* ]]
    [ -z "$(ls -A "$backups")" ]
}

@test "wrong words are explained" {
    while read -r wrong; do
        # shellcheck disable=SC2086  # words
        run till $wrong
        [ "$status" = 64 ]
        [[ $output == 'usage: '* ]]
    done <<EOF
backup
backup --keep 3
backup $backups --keep none
backup $backups --keep 0
backup $backups more
restore
restore $backups shop
once
once order-show
EOF
}
