# Tokens, as Till makes them and as nobody should; a load; FastCGI without
# nginx. After lib.bash:
#
#     load ../tools.bash
# shellcheck disable=SC2154  # $tools is lib.bash's

# fcgi SOCKET STEP ...: see tests/tools/fcgi.c
fcgi() {
    "$tools/fcgi" "$@"
}

# load_on METHOD PATH TOKEN [JSON [OPTION ...]]: asks again and again, each
# answer a line; see tests/tools/load.c
load_on() {
    local method=$1 path=$2 token=$3 json=${4:-}
    shift $(($# < 4 ? $# : 4))
    [ -z "$json" ] || set -- -d "$json" -H "Content-Type: application/json" "$@"
    "$tools/load" -m "$method" -H "Authorization: Bearer $token" "$@" \
        "$TILL_URL$path"
}

# The programs that have a socket, and so answer through nginx.
served() {
    local socket
    for socket in "$TILL_HOME"/run/*.sock; do
        socket=${socket##*/}
        [ "$socket" = internal.sock ] || echo "${socket%.sock}"
    done
}

base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# make_token SECRET CLAIMS [ALG]: CLAIMS are JSON, over those of a good
# customer's token for an hour; null takes one away. ALG: HS256, HS384, HS512,
# or none.
make_token() {
    local secret=$1 alg=${3:-HS256} head claims
    head=$(printf '{"alg":"%s","typ":"JWT"}' "$alg" | base64url)
    claims=$(jq -nc --argjson claims "$2" '
        (now | floor) as $now |
        {iss: "till", aud: "till", role: "customer", iat: $now,
            exp: ($now + 3600), jti: "\($now)",
            sub: "01890a5d-ac96-774b-bcce-b302099a8057"} + $claims |
        with_entries(select(.value != null))' | base64url)
    printf '%s.%s.' "$head" "$claims"
    [ "$alg" = none ] || printf '%s.%s' "$head" "$claims" |
        openssl dgst "-sha${alg#HS}" -hmac "$secret" -binary | base64url
}

# secret_of NAME: as the running Till has it
secret_of() {
    sed -n "s/^$1=//p" "$TILL_ENV"
}

# user_token [ID [ROLE]]: a customer's, or an admin's
user_token() {
    make_token "$(secret_of JWT_SECRET)" "$(jq -nc \
        --arg id "${1:-01890a5d-ac96-774b-bcce-b302099a8057}" \
        --arg role "${2:-customer}" '{sub: $id, role: $role}')"
}

# service_token NAME: one service's for the others
service_token() {
    make_token "$(secret_of SERVICE_SECRET)" "$(jq -nc --arg name "$1" \
        '{sub: $name, role: "service", aud: "till-services"}')"
}

# A user's id that nobody else has, without registering.
new_user_id() {
    printf '01890a5d-ac96-774b-bcce-%012x' $((RANDOM * 32768 * 32768 +
        RANDOM * 32768 + RANDOM))
}
