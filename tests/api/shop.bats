# The shop page as nginx serves it, and what the page asks about the shop. What
# people see of it is in tests/browser.
# shellcheck disable=SC2154  # what lib.bash leaves

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash

setup_file() {
    till_start SHOP_NAME='Ann & "Co" ☕' CURRENCY=jpy
}

teardown_file() {
    till_stop
}

# shop [NAME=VALUE ...]: what the program answers with these settings alone,
# as CGI; leaves $status and $body as `api` does
shop() {
    local answer
    answer=$(env -i TILL_ENV=/dev/null GATEWAY_INTERFACE=CGI/1.1 \
        REQUEST_METHOD=GET PATH_INFO=/api/shop \
        JWT_SECRET=users-users-users-users-users-12 \
        SERVICE_SECRET=services-services-services-12345 "$@" \
        "${tools%/tests/tools}/cgi-bin/ops-shop" </dev/null 2>"$BATS_TEST_TMPDIR/said") || return
    answer=${answer//$'\r'/}
    status=${answer#Status: }
    status=${status%%$'\n'*}
    body=${answer#*$'\n\n'}
}

# is_answered_as JSON
is_answered_as() {
    [ "$status" = 200 ] && jq -e --argjson other "$1" '. == $other' \
        <<<"$body" >/dev/null || {
        echo "$status $body" >&2
        return 1
    }
}

@test "the shop tells its name, its currency, and that it is the sandbox's" {
    api GET /api/shop
    expect 200 .name 'Ann & "Co" ☕'
    expect 200 .currency jpy
    expect 200 .decimals 0
    expect 200 .sandbox true
    expect 200 .stripe_publishable_key null
}

@test "with Stripe's keys it tells the one for browsers, and never another" {
    shop STRIPE_PUBLISHABLE_KEY=pk_test_51a STRIPE_SECRET_KEY=sk_test_51a
    is_answered_as '{"name":"Till","currency":"usd","decimals":2,
        "sandbox":false,"stripe_publishable_key":"pk_test_51a"}'
    # taken for the other one
    shop STRIPE_PUBLISHABLE_KEY=sk_test_51a
    expect 200 .stripe_publishable_key null
    [[ $body != *sk_test* ]]
    shop
    expect 200 .stripe_publishable_key null
    expect 200 .sandbox false
}

@test "settings that can't be shown stop it, and are named" {
    run shop CURRENCY=xyz
    [ "$status" = 78 ]
    grep -q 'CURRENCY is "xyz"' "$BATS_TEST_TMPDIR/said"
    run shop SHOP_NAME=$'\xff'
    [ "$status" = 78 ]
    grep -q 'SHOP_NAME is not UTF-8' "$BATS_TEST_TMPDIR/said"
}

@test "the page and each of its parts come with their type, and run nothing else" {
    local parts path type
    api GET /
    expect 200
    parts=$(grep -o '"/shop/[^"]*"' <<<"$body" | tr -d '"' | sort -u)
    [ "$(wc -l <<<"$parts")" -gt 10 ]
    for path in / $parts; do
        case $path in
        /) type=text/html ;;
        *.css) type=text/css ;;
        *.js) type=text/javascript ;;
        *.svg) type=image/svg+xml ;;
        esac
        api GET "$path"
        expect 200
        [ "$(header Content-Type)" = "$type; charset=utf-8" ]
        [ "$(header X-Content-Type-Options)" = nosniff ]
        [ "$(header Cache-Control)" = no-cache ]
        [ "$(header Referrer-Policy)" = no-referrer ]
        [ "$(header X-Request-Id | wc -l)" = 1 ]
        [ "$(header Content-Security-Policy)" = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src; form-action 'none'; base-uri 'none'; frame-ancestors 'none'" ]
    done
}

@test "every file of the page is named by it, so that none is fetched late" {
    api GET /
    (cd "$root/nginx/html" && find shop -type f) | while read -r file; do
        grep -qF "\"/$file\"" <<<"$body" || { echo "$file" >&2 && false; }
    done
}

@test "what a browser has already is 304, and what it hasn't comes compressed" {
    local etag
    for path in / /shop/main.js /shop/shop.css; do
        api GET $path '' '' -H 'Accept-Encoding: gzip' -o /dev/null
        [ "$(header Content-Encoding)" = gzip ]
        [ "$(header Vary)" = Accept-Encoding ]
        etag=$(header ETag)
        api GET $path '' '' -H "If-None-Match: $etag"
        expect 304
        [ "$(header Cache-Control)" = no-cache ]
        [ -n "$(header Content-Security-Policy)" ]
    done
    # what holds a customer's data never is
    api GET /api/shop '' '' -H 'Accept-Encoding: gzip'
    [ -z "$(header Content-Encoding)" ]
}

@test "only where Stripe takes the cards its hosts are let in" {
    is_let_in() {
        api GET / && [[ $(header Content-Security-Policy) == *"script-src 'self' https://js.stripe.com "*"; style-src 'self';"*"connect-src 'self' https://js.stripe.com "*"; frame-src https://js.stripe.com "* ]]
    }
    run ! is_let_in
    STRIPE_SECRET_KEY=sk_test_1 STRIPE_PUBLISHABLE_KEY=pk_test_1 \
        STRIPE_WEBHOOK_SECRET=whsec_1 till restart nginx
    wait_for 10 is_let_in
    till restart nginx
    is_out() {
        ! is_let_in
    }
    wait_for 10 is_out
}

@test "the page makes HTML of no string, and keeps nothing in localStorage" {
    run grep -rnE 'innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|localStorage\.|setTimeout\(.?["'\''`]' \
        "$root/nginx/html/shop"
    [ "$status" = 1 ]
    run grep -nE ' (on[a-z]+|style)=|<style|<script>' "$root/nginx/html/index.html"
    [ "$status" = 1 ]
}
