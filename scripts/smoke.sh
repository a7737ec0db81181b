# Part of scripts/till: the workflow against any deployment, as a client.

# smoke URL: ends with a Paid order and a receipt, or not with 0. Leaves the
# order's id in $smoke_order. $smoke_method: a payment method, or nothing.
smoke() {
    smoke_url=${1%/} smoke_token='' smoke_answer=''
    unique=$(date +%s)-$$-$(random_hex | cut -c -8)
    email=smoke-$unique@shop.example
    # of a user whom nobody needs again
    password=$(random_hex)

    step 'A user registers' 201 POST /api/user \
        "{\"username\":\"smoke\",\"email\":\"$email\",\"password\":\"$password\"}"
    user=$(answered .id)
    step 'and logs in' 200 POST /api/login \
        "{\"email\":\"$email\",\"password\":\"$password\"}"
    smoke_token=$(answered .token)
    step 'orders something' 201 POST /api/order \
        "{\"user_id\":\"$user\",\"product_name\":\"A book\",\"quantity\":1,\"price\":1000}"
    smoke_order=$(answered .id)
    expect .status Pending
    method=${smoke_method:+",\"payment_method\":\"$smoke_method\""}
    step 'and pays' 200 POST /api/pay-order \
        "{\"order_id\":\"$smoke_order\"$method}"
    expect .status Paid
    # which the payment service has done by now: the same one is answered
    step 'A receipt is on its way' 20[02] POST /api/notify \
        "{\"user_id\":\"$user\",\"order_id\":\"$smoke_order\"}"
    notification=$(answered .id)
    rounds=300
    until request GET "/api/notification/$notification" &&
        [ "$(answered .status)" = Sent ]; do
        [ $((rounds -= 1)) -gt 0 ] || smoke_failed "no receipt left in 30 s"
        sleep 0.1
    done
    step 'and is sent' 200 GET "/api/notification/$notification"
    step 'What there is now' 200 GET "/api/user/$user"
    step '' 200 GET "/api/order/$smoke_order"
    expect .status Paid
    step '' 200 GET "/api/payment/$smoke_order"
    say "The workflow holds: order $smoke_order is Paid, its receipt is Sent."
}

# request METHOD PATH [JSON]: leaves the answer in $smoke_answer and its status
# in $smoke_status; false when there is none
request() {
    set -- "$1" "$smoke_url$2" "${3:-}"
    # the password and the token go by standard input, not by the command line
    smoke_answer=$({
        printf 'header = "Authorization: Bearer %s"\n' "$smoke_token" |
            if [ -n "$smoke_token" ]; then cat; fi
        [ -z "$3" ] || printf 'header = "%s"\ndata = "%s"\n' \
            'Content-Type: application/json' \
            "$(printf '%s' "$3" | sed 's/"/\\"/g')"
    } | curl -sS -m 60 -K - -X "$1" -w '\n%{http_code}' "$2") || return 1
    smoke_status=${smoke_answer##*
}
    smoke_answer=${smoke_answer%
*}
}

# step TEXT STATUS METHOD PATH [JSON]: shows the request and its answer
step() {
    say
    [ -z "$1" ] || say "# $1"
    shown="curl -X $3 $smoke_url$4"
    [ "$3" != GET ] || shown="curl $smoke_url$4"
    [ -z "$smoke_token" ] ||
        shown="$shown -H \"Authorization: Bearer \$TOKEN\""
    [ $# -lt 5 ] ||
        shown="$shown -H 'Content-Type: application/json' -d '$5'"
    say "$shown"
    wanted=$2
    shift 2
    request "$@" || smoke_failed "no answer"
    say "$smoke_status $smoke_answer"
    # shellcheck disable=SC2254  # a pattern
    case $smoke_status in
    $wanted) ;;
    *) smoke_failed "the status is $smoke_status, not $wanted" ;;
    esac
}

# answered PATH: that member of the answer
answered() {
    printf '%s' "$smoke_answer" | jq -r "$1 // empty" 2>/dev/null
}

expect() {
    [ "$(answered "$1")" = "$2" ] || smoke_failed "$1 is not $2"
}

smoke_failed() {
    die "$EX_UNAVAILABLE" "the workflow stops here: $1"
}
