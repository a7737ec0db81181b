# Part of scripts/till: where things are, and the settings.

# Sets TILL_HOME, TILL_BUILD, TILL_ENV to absolute paths. Makes nothing.
locate() {
    TILL_HOME=$(absolute "${TILL_HOME:-$root/var}")
    TILL_BUILD=${TILL_BUILD:-build}
    case $TILL_BUILD in
    /*) build_folder=$TILL_BUILD ;;
    *) build_folder=$root/$TILL_BUILD ;;
    esac
    if [ -n "${TILL_ENV:-}" ]; then
        TILL_ENV=$(absolute "$TILL_ENV")
    elif [ -e "$root/.env" ]; then
        TILL_ENV=$root/.env
    else
        TILL_ENV=$TILL_HOME/till.env
    fi
    export TILL_HOME TILL_ENV
}

# As the kernel names it in /proc, since that is how processes are recognised.
absolute() {
    realpath -m -- "$1"
}

# Makes TILL_HOME and goes there. All programs run in it, so that sockets have
# short names; nobody else may enter it.
enter_home() {
    umask 077
    for folder in run log data nginx sandbox; do
        mkdir -p "$TILL_HOME/$folder"
    done
    cd "$TILL_HOME"
}

# Two commands at once would undo each other's work. The lock is on the folder
# itself, so no file is left behind.
lock() {
    exec 9<"$TILL_HOME"
    flock -w 60 9 ||
        die "$EX_TEMPFAIL" "another scripts/till is at work in $TILL_HOME"
}

# setting NAME: its value, found as lib/base/config.c finds it
setting() {
    eval "value=\${$1:-} path=\${$1_FILE:-}"
    if [ -n "$value" ]; then
        printf '%s\n' "$value"
    elif [ -n "$path" ]; then
        cat "$path"
    else
        dotenv "$1" "$TILL_ENV"
    fi
}

dotenv() {
    awk -v name="$1" '
        {
            sub(/^[ \t]*(export[ \t]+)?/, "")
            at = index($0, "=")
            if (!at || /^#/)
                next
            key = substr($0, 1, at - 1)
            sub(/[ \t]+$/, "", key)
            if (key != name && key != name "_FILE")
                next
            value = substr($0, at + 1)
            sub(/^[ \t]+/, "", value)
            quote = substr(value, 1, 1)
            if (quote == "\"" || quote == "\047") {
                value = substr(value, 2)
                value = substr(value, 1, index(value, quote) - 1)
            } else {
                value = substr($0, at + 1) # a comment may be all there is
                sub(/[ \t]#.*/, "", value)
                gsub(/^[ \t]+|[ \t\r]+$/, "", value)
            }
            if (value == "")
                next
            if (key != name && (getline value < value) < 0)
                next
            print value
            exit
        }' "$2"
}

# whole NAME VALUE LEAST MOST: a setting that must be a whole number
whole() {
    case $2 in
    *[!0-9]* | 0?* | ??????*) ;;
    *) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;;
    esac
    die "$EX_CONFIG" "$1 is \"$2\": it must be a whole number, $3 to $4"
}

random_hex() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# The settings file of the first start: fresh secrets, for nobody else to read.
# Where another file holds the settings, only the secrets it lacks come from
# this one.
write_first_settings() {
    ! is_installed && [ ! -e till.env ] || return 0
    cat >till.env.new <<EOF
# Till's settings; .env.example in the checkout explains every one.

# sign users' tokens, and the tokens of services for each other
JWT_SECRET=$(random_hex)
SERVICE_SECRET=$(random_hex)
EOF
    mv till.env.new till.env
}

# What the programs find in their environment.
read_settings() {
    write_first_settings
    [ -r "$TILL_ENV" ] || die "$EX_CONFIG" "TILL_ENV: can't read $TILL_ENV"
    for secret in JWT_SECRET SERVICE_SECRET; do
        [ -e till.env ] && [ -z "$(setting $secret)" ] || continue
        value=$(dotenv $secret till.env)
        export "$secret=$value"
    done
    sandbox_stripe='' sandbox_gmail=''
    [ -n "$(setting STRIPE_SECRET_KEY)" ] || sandbox_stripe=1
    [ -n "$(setting GMAIL_CLIENT_ID)$(setting GMAIL_CLIENT_SECRET)$(
        setting GMAIL_REFRESH_TOKEN
    )$(setting EMAIL_PASS)" ] || sandbox_gmail=1
    use_sandbox
}

# Where there are no credentials, the sandbox stands in for the vendor. Called
# again once it runs, since only then its port is known.
use_sandbox() {
    [ -s sandbox/port ] || return 0
    base=http://127.0.0.1:$(cat sandbox/port)
    if [ -n "$sandbox_stripe" ]; then
        export STRIPE_SECRET_KEY=sk_test_sandbox \
            STRIPE_PUBLISHABLE_KEY=pk_test_sandbox \
            STRIPE_WEBHOOK_SECRET=whsec_sandbox \
            STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa \
            STRIPE_API_BASE="$base"
    fi
    if [ -n "$sandbox_gmail" ]; then
        export GMAIL_CLIENT_ID=sandbox GMAIL_CLIENT_SECRET=sandbox \
            GMAIL_REFRESH_TOKEN=sandbox-refresh GMAIL_API_BASE="$base" \
            GOOGLE_TOKEN_URL="$base/token"
        [ -n "$(setting EMAIL_USER)" ] ||
            export EMAIL_USER=receipts@shop.example
    fi
}

# tool NAME [...]: becomes build/bin/till-NAME
tool() {
    program=$build_folder/bin/till-$1
    shift
    [ -x "$program" ] ||
        die "$EX_UNAVAILABLE" "there is no $program: scripts/till build"
    exec "$program" "$@"
}

# The whole of nginx's configuration, from the checkout and the settings.
write_nginx_configuration() {
    rate=$(setting RATE_LIMIT)
    port=${TILL_PORT:-8080}
    whole RATE_LIMIT "${rate:=60}" 0 99999
    whole TILL_PORT "$port" 1 65535
    refuse=0
    ! is_read_only || refuse=1
    user=
    [ "$(id -u)" != 0 ] || user='user root;' # or it could not enter run/
    # where it is installed, another server speaks TLS for this one
    real=
    ! is_installed ||
        real='set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;'
    # into the journal, where systemd keeps the programs' logs
    log=syslog:server=unix:/dev/log,nohostname,tag=till
    journal=
    ! has_systemd || journal="s|log/nginx-error.log|$log|
        s|log/nginx-access.log till .*;|$log till;|"
    sed -e "s/@USER@/$user/" -e "s/@PORT@/$port/" -e "s/@REAL_IP@/$real/" \
        -e "$journal" \
        "$root/nginx/nginx.conf" >nginx/nginx.conf
    limit="s|rate=60r/m|rate=${rate}r/m|"
    if [ "$rate" = 0 ]; then
        # shellcheck disable=SC2016  # nginx's variable
        limit='s/default $binary_remote_addr;/default "";/'
        rate=1
    fi
    stripe=
    [ -n "$sandbox_stripe" ] || [ -z "$(setting STRIPE_PUBLISHABLE_KEY)" ] ||
        stripe=" https://js.stripe.com https://*.js.stripe.com\
 https://api.stripe.com https://hooks.stripe.com"
    sed -e "$limit" -e "/till_read_only {/s/default 0;/default $refuse;/" \
        -e "/till_stripe {/s|default \"\";|default \"$stripe\";|" \
        "$root/nginx/till-http.conf" >nginx/till-http.conf
    burst=
    [ "$rate" = 1 ] || burst="burst=$((rate - 1)) " # nginx refuses burst=0
    sed "s/burst=59 /$burst/" "$root/nginx/till.conf" >nginx/till.conf
    for part in params answers metrics pages shop; do
        cp "$root/nginx/till-$part.conf" nginx/
    done
    ln -sfn "$build_folder/pages" nginx/pages
    ln -sfn "$root/nginx/html" nginx/html
}

# Where customers reach this Till.
url() {
    sed -n 's|^ *listen \(127.0.0.1:[0-9]*\).*|http://\1|p' \
        "$TILL_HOME/nginx/nginx.conf"
}
