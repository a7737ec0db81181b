#!/bin/sh
# till.cgi: the whole API as one CGI program (RFC 3875), for web servers other
# than nginx. It does what nginx/till.conf does: finds the program that takes
# this method at this path, refuses what none takes, and words the errors that
# the web server itself makes (its ErrorDocument, in $REDIRECT_STATUS).
#
# The path comes in PATH_INFO; where this file is what stands at /api, without
# that. If the web server doesn't set them in the environment, put your folders
# here:
: "${TILL_PROGRAMS:=/usr/lib/till/cgi-bin}"
: "${TILL_HOME:=/var/lib/till}"
: "${TILL_ENV:=/etc/till/till.env}"
set -u
LC_ALL=C
export TILL_HOME TILL_ENV LC_ALL
# libraries that the host lacks
[ ! -d "$TILL_HOME/lib" ] || export LD_LIBRARY_PATH="$TILL_HOME/lib"
: "${PATH_INFO:=}"
[ "${SCRIPT_NAME:-}" != /api ] || PATH_INFO=/api$PATH_INFO
export PATH_INFO

# A new route: its line here, in apache-routes.conf and in lighttpd.conf.
get='' post='' patch=''
case $PATH_INFO in
/api/user) post=user-register ;;
/api/login) post=user-login ;;
/api/order) get=order-list post=order-create ;;
/api/pay-order) post=payment-pay ;;
/api/stripe/webhook) post=payment-webhook ;;
/api/refund) post=payment-refund ;;
/api/cancel-payment) post=payment-cancel ;;
/api/notify) post=notification-notify ;;
/api/shop) get=ops-shop ;;
/api/health/live | /api/health/ready) get=ops-health ;;
*/) ;;
*)
    case ${PATH_INFO%/*} in
    /api/user) get=user-show ;;
    /api/order) get=order-show patch=order-update ;;
    /api/payment) get=payment-show ;;
    /api/notification) get=notification-show ;;
    esac
    ;;
esac

# what every answer carries; the program's own header follows
say_first() {
    printf '%s\r\n' 'X-Content-Type-Options: nosniff' \
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'" \
        'Referrer-Policy: no-referrer'
}

# refuse STATUS [HEADER]: in the words of nginx/till-http.conf
refuse() {
    detail='The request could not be served.' header=${2:-}
    case $1 in
    400)
        problem=malformed title='The request is malformed'
        detail='The request is not valid HTTP.'
        ;;
    403) problem=forbidden title='Not allowed' ;;
    404)
        problem=no-such-address title='There is nothing at this address'
        detail="None of the server's pages or programs is here."
        ;;
    405)
        problem=method-not-allowed title='Method not allowed'
        detail='This address does not take this method; Allow names those it takes.'
        ;;
    413)
        problem=too-large title='The body is too large'
        detail='The body is larger than this address takes.'
        ;;
    414)
        problem=address-too-long title='The address is too long'
        detail='Nothing here has so long an address.'
        ;;
    429)
        problem=too-many-requests title='Too many requests'
        detail='Too many attempts from this address; try again later.'
        header='Retry-After: 60'
        ;;
    431)
        problem=header-too-large title='The header is too large'
        detail="One of the request's headers is larger than the server takes."
        ;;
    411 | 416 | 421 | 501 | 505)
        problem=not-supported title='This use of HTTP is not supported'
        ;;
    502 | 503)
        problem=unavailable title='Temporarily unavailable'
        detail='The service is not there at the moment; try again.'
        header='Retry-After: 5'
        ;;
    504)
        problem=outcome-unknown title='Outcome not known yet'
        detail='The service did not answer in time; what was asked may still happen.'
        header='Retry-After: 5'
        ;;
    *) problem=internal title='Internal error' ;;
    esac
    id=${HTTP_X_REQUEST_ID:-}
    case $id in
    *[!A-Za-z0-9._-]*) id='' ;;
    esac
    [ ${#id} -ge 8 ] && [ ${#id} -le 64 ] ||
        id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    say_first
    printf '%s\r\n' "Status: $1" \
        'Content-Type: application/problem+json' 'Cache-Control: no-store' \
        "X-Request-Id: $id" ${header:+"$header"} ''
    printf '{"type":"/problems/%s","title":"%s","status":%s,"detail":"%s","request_id":"%s"}\n' \
        "$problem" "$title" "$1" "$detail" "$id"
    exit
}

case ${REDIRECT_STATUS:-200} in
200) ;;
405) refuse 405 'Allow: GET, HEAD, POST, PATCH' ;; # TRACE and its like
*) refuse "$REDIRECT_STATUS" ;;
esac

case ${REQUEST_METHOD:-} in
GET | HEAD) program=$get ;;
POST) program=$post ;;
PATCH) program=$patch ;;
*) program='' ;;
esac
if [ -z "$program" ]; then
    allowed=${get:+, GET, HEAD}${post:+, POST}${patch:+, PATCH}
    [ -n "$allowed" ] || refuse 404
    refuse 405 "Allow: ${allowed#, }"
fi
[ -x "$TILL_PROGRAMS/$program" ] || refuse 502
say_first
exec "$TILL_PROGRAMS/$program"
