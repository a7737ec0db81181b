# README.md's own commands, one after another, as a newcomer types them.
# shellcheck disable=SC2016,SC2034,SC2154  # what its lines name and take

load ../lib.bash

setup_file() {
    till_start
}

teardown_file() {
    till_stop
}

# say_line LINE: the README's curl, which leaves $status and $body
say_line() {
    local answer
    answer=$(eval "$1 -sS -m 60 -w '\n%{http_code}'") || return
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
    [[ $status == 20[012] ]] || {
        echo "$1 is answered with $status: $body" >&2
        return 1
    }
}

@test "every curl line of the README does what it says, in its order" {
    U=$TILL_URL ID='' T='' O='' P='' ADMIN=''
    sed -n 's/^    \(curl .*\)/\1/p' "$root/README.md" | grep -F ' $U/' \
        >"$BATS_TEST_TMPDIR/lines"
    while read -r line; do
        say_line "$line"
        case $line in
        'curl $U/api/user '*) ID=$(member .id) ;;
        'curl $U/api/login '*)
            T=$(member .token)
            till admin make-admin ann@shop.example
            say_line "$line"
            ADMIN=$(member .token)
            ;;
        'curl $U/api/order '*)
            P=$(member .id)
            say_line "$line"
            O=$(member .id)
            ;;
        esac
    done <"$BATS_TEST_TMPDIR/lines"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 12 ]
}
