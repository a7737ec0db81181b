#!/usr/bin/env bats
# The user service through the real nginx. The same file by the name of
# user_mongo.bats keeps the users in MongoDB.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup_file() { till_start; }
teardown_file() { till_stop; }

# An address that no other test has.
new_email() {
    echo "user-$RANDOM-$RANDOM-$(date +%s%N)@shop.example"
}

# register EMAIL [USERNAME [PASSWORD]]
register() {
    api POST /api/user "$(jq -nc --arg email "$1" --arg name "${2:-Ada}" \
        --arg password "${3:-correct horse}" \
        '{username: $name, email: $email, password: $password}')"
}

# log_in EMAIL [PASSWORD]
log_in() {
    api POST /api/login "$(jq -nc --arg email "$1" \
        --arg password "${2:-correct horse}" \
        '{email: $email, password: $password}')"
}

# The last answer without what differs from one request to the next.
likeness() {
    tr -d '\r' <"$headers" | grep -iv -e '^Date:' -e '^X-Request-Id:'
    printf '%s' "$body" | jq -c 'del(.request_id)'
}

@test "the mission's body makes an account" {
    email=$(new_email)
    api POST /api/user "{\"username\":\"ada\",\"email\":\"$email\",\"password\":\"securepassword\"}"
    expect 201 .username ada
    expect 201 .email "$email"
    [ "$(member 'keys | sort | join(",")')" = created_at,email,id,username ]
    [ "$(header Location)" = "/api/user/$(member .id)" ]
    [ "$(header ETag)" = '"1"' ]
    [[ $(member .created_at) =~ ^20[0-9-]+T[0-9:.]+Z$ ]]
}

@test "an account logs in and gets a token that opens its own page" {
    register_and_login
    [ "$(member 'keys | sort | join(",")')" = \
        expires_in,token,token_type,user_id ]
    expect 200 .token_type Bearer
    expect 200 .expires_in 3600
    expect 200 .user_id "$user_id"
    api GET "/api/user/$user_id" '' "$token"
    expect 200 .email "$email"
    [ "$(member 'keys | sort | join(",")')" = created_at,email,id,username ]
    api GET "/api/user/$user_id" '' "$token" -H "If-None-Match: $(header ETag)"
    expect 304
    api HEAD "/api/user/$user_id" '' "$token"
    expect 200
}

@test "strange but right texts come back as they were" {
    for text in '$where' '{$ne: null}' 'a.b.$[]' "'); DROP TABLE users; --" \
        '💸💸💸💸💸💸💸💸' '"\"\\' '%00%27' 'ÄÖÜ äöü ß' '  eight '; do
        email=$(new_email)
        register "$email" "$text" "$text$text"
        expect 201 .username "$text"
        id=$(member .id)
        log_in "$email" "$text$text"
        expect 200 .user_id "$id"
        api GET "/api/user/$id" '' "$(member .token)"
        expect 200 .username "$text"
        log_in "$email" "$text${text}x"
        expect_problem 401
    done
}

@test "the limits of the fields are theirs, in characters" {
    short=$(printf '💸%.0s' {1..64})
    register "$(new_email)" "$short" "$short$short"
    expect 201 .username "$short"
    register "$(new_email)" "${short}x" "$short${short}x"
    expect_problem 422 /username
    expect_field /password
    register "$(new_email)" A 1234567
    expect_problem 422 /password
    local=$(printf 'a%.0s' {1..64})
    domain=$(printf 'b%.0s' {1..60})
    # 64 + 1 + 3 * 61 + 6 = 254
    long=$local@$domain.$domain.$domain.c$RANDOM
    while [ ${#long} -lt 254 ]; do long=${long}c; done
    register "$long"
    expect 201 .email "$long"
    register "${long}c"
    expect_problem 422 /email
}

# What is wrong with a field, whatever the route: its JSON value, in turn.
refused_values() {
    cat <<'EOF'
null
true
12345678
1e400
{}
{"$ne":null}
{"$gt":""}
["a@b.example"]
""
"        "
"a\nb@b.example"
"a\u0001b@b.example"
"a\u007fb@b.example"
EOF
}

@test "a field of another type, empty, or with control characters is refused" {
    while read -r value; do
        for field in username email password; do
            # eight spaces are a password, if a bad one
            [ "$field$value" != 'password"        "' ] || continue
            api POST /api/user "$(jq -nc --arg email "$(new_email)" \
                '{username: "Ada", email: $email, password: "correct horse"}' |
                sed "s|\"$field\":\"[^\"]*\"|\"$field\":@|" |
                awk -v value="${value//\\/\\\\}" \
                    '{ at = index($0, "@}"); n = split($0, part, ":@")
                       print part[1] ":" value part[2] }')"
            expect_problem 422 "/$field" || {
                echo "$field: $value" >&2
                return 1
            }
        done
        for field in email password; do
            [ "$field$value" != 'password"        "' ] || continue
            other=password
            [ $field = email ] || other=email
            api POST /api/login "{\"$field\":$value,\"$other\":\"a@b.example\"}"
            expect_problem 422 "/$field" || {
                echo "login, $field: $value" >&2
                return 1
            }
        done
    done < <(refused_values)
}

@test "a body that isn't clean JSON is malformed, for both routes" {
    for path in /api/user /api/login; do
        for json in '[]' '"a"' 'null' '{' '{}x' '{"email":"a@b.co",}' \
            $'{"email":"\xff@b.co"}' $'{"email":"\xed\xa0\x80@b.co"}' \
            $'{"email":"\xc0\x80@b.co"}' '{"email":"a\u0000@b.co"}' \
            '{"em\u0000ail":"a@b.co"}' '{"email":"\ud83d"}' \
            $'\xef\xbb\xbf{}' $'{"email":"a\tb@b.co"}' '{"a":01}'; do
            api POST $path "$json"
            expect_problem 400 || {
                echo "$path $json" >&2
                return 1
            }
        done
        api POST $path '' '' -H 'Content-Type: text/plain' -d '{}'
        expect_problem 415
        api POST $path "{\"email\":\"$(printf 'a%.0s' {1..5000})\"}"
        expect_problem 413
    done
}

@test "members that are missing, unknown, or there twice are named" {
    api POST /api/user '{}'
    expect_problem 422 /username
    expect_field /email
    expect_field /password
    api POST /api/login '{}'
    expect_problem 422 /email
    expect_field /password
    for extra in '"role":"admin"' '"id":"1"' '"password_hash":"x"' \
        '"$where":"1"' '"a.b":1' '"💸":1' '"Email":"a@b.co"'; do
        name=${extra%%\":*}
        name=/${name#\"}
        api POST /api/user "{\"username\":\"a\",\"email\":\"$(new_email)\",\"password\":\"correct horse\",$extra}"
        expect_problem 422 "$name"
        api POST /api/login "{\"email\":\"a@b.co\",\"password\":\"x\",$extra}"
        expect_problem 422 "$name"
    done
    api POST /api/user "{\"username\":\"a\",\"email\":\"$(new_email)\",\"password\":\"correct horse\",\"password\":\"another horse\"}"
    expect_problem 422 /password
    api POST /api/login '{"email":"a@b.co","email":"c@d.co","password":"x"}'
    expect_problem 422 /email
}

@test "what isn't one plain address is refused" {
    for address in a@b 'a b@c.co' 'a@b.co,c@d.co' 'Ada <a@b.co>' '"a"@b.co' \
        'a@[127.0.0.1]' 'a@127.0.0.1' 'ä@b.co' '💸@b.co' 'a@b..co' '.a@b.co' \
        '$ne' '{$gt:""}' 'a@b$.co' 'a@b.co%0d%0aBcc:c@d.co'; do
        register "$address"
        expect_problem 422 /email
        log_in "$address"
        expect_problem 422 /email
    done
}

@test "a password that is common, or the address, or the name is refused" {
    email=$(new_email)
    for password in password PassWord1 12345678 qwertyuiop "$email" \
        "${email%@*}" 'ada lovelace'; do
        register "$email" 'Ada Lovelace' "$password"
        expect_problem 422 /password
        [[ $body != *"$password"* ]] || [ "$password" = password ]
    done
}

@test "an address has one account, however it is written" {
    email=$(new_email)
    register "$email"
    expect 201
    id=$(member .id)
    register "$email"
    expect_problem 409
    register "U${email#u}" Eve 'another horse'
    expect_problem 409
    log_in "USER${email#user}"
    expect 200 .user_id "$id"
    log_in "$email" 'another horse'
    expect_problem 401
    # no token was sent: nothing is said of one (RFC 6750, 3)
    [ "$(header WWW-Authenticate)" = 'Bearer realm="till"' ]
}

@test "of many who register an address at once one wins" {
    email=$(new_email)
    for i in {1..12}; do
        (
            register "$email" "Ada $i"
            echo "$status"
        ) >"$BATS_TEST_TMPDIR/$i" &
    done
    wait
    [ "$(cat "$BATS_TEST_TMPDIR"/{1..12} | sort | uniq -c | xargs)" = \
        '1 201 11 409' ]
    log_in "$email"
    expect 200
}

@test "an unknown address and a wrong password get the same answer" {
    email=$(new_email)
    register "$email"
    log_in "$email" 'wrong horse'
    expect_problem 401
    known=$(likeness)
    log_in "$(new_email)" 'wrong horse'
    expect_problem 401
    [ "$(likeness)" = "$known" ]
}

# Fails to log in until the address is locked, and tries the right password.
lock() {
    local start=$SECONDS
    for _ in {1..10}; do
        log_in "$1" 'wrong horse'
        expect_problem 401 || return
    done
    log_in "$1" 'wrong horse'
    expect_problem 429 || return
    log_in "$1"
    expect_problem 429 || return
    [ "$(header Retry-After)" -le 901 ] &&
        [ "$(header Retry-After)" -ge $((898 - (SECONDS - start))) ]
}

@test "ten failures lock an address, with or without an account, also over a restart" {
    email=$(new_email)
    register "$email"
    lock "$email"
    known=$(likeness | grep -v ^Retry-After)
    lock "$(new_email)"
    [ "$(likeness | grep -v ^Retry-After)" = "$known" ]
    till restart user-login
    log_in "USER${email#user}"
    expect_problem 429
    # nobody else is locked
    register_and_login
}

@test "a right login forgets what failed before" {
    email=$(new_email)
    register "$email"
    for _ in 1 2; do
        for _ in {1..9}; do
            log_in "$email" 'wrong horse'
            expect 401
        done
        log_in "$email"
        expect 200
    done
}

@test "somebody else's account looks like one that isn't there" {
    register_and_login
    theirs=$user_id
    register_and_login
    api GET "/api/user/$theirs" '' "$token"
    expect_problem 404
    found=$(likeness)
    api GET /api/user/01900000-0000-7000-8000-000000000000 '' "$token"
    expect_problem 404
    [ "$(likeness)" = "$found" ]
    api GET "/api/user/$theirs"
    expect_problem 401
    api GET "/api/user/$theirs" '' "${token}x"
    expect_problem 401
}

@test "an id that isn't one is malformed" {
    register_and_login
    for id in 1 '$ne' "${user_id^^}" "${user_id}0" a.b "%F0%9F%92%B8" \
        "${user_id%?}%20"; do
        api GET "/api/user/$id" '' "$token" --globoff
        expect_problem 400
    done
}

@test "an admin and a service see any account" {
    register_and_login
    theirs=$user_id theirs_email=$email
    register_and_login
    api GET "/api/user/$theirs" '' "$token"
    expect 404
    said=$(till admin make-admin "USER${email#user}")
    [[ $said == *"role: admin"* ]]
    # the role is in the token: the one from before is a customer's
    api GET "/api/user/$theirs" '' "$token"
    expect 404
    log_in "$email" 'correct horse battery'
    api GET "/api/user/$theirs" '' "$(member .token)"
    expect 200 .email "$theirs_email"
    api GET "/api/user/$theirs" '' "$(service_token notification)"
    expect 200 .email "$theirs_email"
    api GET /api/user/01900000-0000-7000-8000-000000000000 '' \
        "$(service_token notification)"
    expect_problem 404
}

@test "till admin shows an account, and says when there is none" {
    register_and_login
    said=$(till admin show-user "$email")
    [[ $said == *"id: $user_id"* && $said == *"role: customer"* ]]
    [[ $said != *argon2* ]]
    run till admin show-user "$(new_email)"
    [ "$status" = 67 ]
    run till admin make-admin "$(new_email)"
    [ "$status" = 67 ]
    run till admin no-such-command x
    [ "$status" = 64 ]
}

@test "no password, hash, token or address is in a log, and no password in the store" {
    register "$(new_email)" Ada 'a most secret horse'
    address=$(member .email)
    log_in "$address" 'a most secret horse'
    expect 200
    [[ $body != *argon2* ]]
    token=$(member .token)
    log_in "$address" 'a most secret mule'
    [[ $body != *"most secret"* ]]
    run ! grep -rF -e argon2 -e 'most secret' -e "$token" -e "$address" \
        "$TILL_HOME/log"
    run ! grep -raF 'most secret' "$TILL_HOME/data" ${mongo_folder:+"$mongo_folder"}
}
