# Two whole copies of Till, each with a TILL_HOME and a nginx of its own and with
# the same secrets; the sandbox of the first stands in for Stripe and Gmail at
# both. After lib.bash.
# shellcheck disable=SC2034,SC2154  # what it leaves is for the tests; lib.bash's

# Where the two are: the words before a command; `env` may be among them.
first=(env)
second=(env)
here=(env)

till() {
    "${here[@]}" "$root/scripts/till" "$@"
}

curl() {
    "${here[@]}" curl "$@"
}

at_first() {
    here=("${first[@]}") TILL_HOME=$home_1 TILL_ENV=$home_1/till.env
    TILL_PORT=$port_1 TILL_URL=http://127.0.0.1:$port_1
}

at_second() {
    here=("${second[@]}") TILL_HOME=$home_2 TILL_ENV=$home_2/till.env
    TILL_PORT=$port_2 TILL_URL=http://127.0.0.1:$port_2
}

# make_homes: both TILL_HOMEs, and MongoDB where it is wanted; nothing of Till
# runs yet
make_homes() {
    home_1='' home_2=''
    here=(env)
    till_home
    home_1=$TILL_HOME port_1=$TILL_PORT
    home_2=$(mktemp -d "${TMPDIR:-/tmp}/till-test.XXXXXX")
    port_2=$(free_port)
}

start_first() {
    at_first
    till start
    cp "$home_1/till.env" "$home_2/till.env"
    sandbox=$(sandbox_url)
}

start_second() {
    at_second
    local -x STRIPE_SECRET_KEY=sk_test_sandbox STRIPE_API_BASE=$sandbox \
        STRIPE_WEBHOOK_SECRET=whsec_sandbox GMAIL_CLIENT_ID=sandbox \
        STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa GMAIL_CLIENT_SECRET=sandbox \
        GMAIL_REFRESH_TOKEN=sandbox-refresh GMAIL_API_BASE=$sandbox \
        GOOGLE_TOKEN_URL=$sandbox/token EMAIL_USER=receipts@shop.example
    till start
}

stop_both() {
    [ -n "${home_1:-}" ] || return 0
    at_second
    till stop || :
    rm -rf "$home_2"
    at_first
    till stop || :
    here=(env)
}

forget_both() {
    [ -z "${home_1:-}" ] || till_forget
}
