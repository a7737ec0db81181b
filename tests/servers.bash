# Other web servers in front of Till, each as nginx/other-servers has it, but for
# ports and folders. All of them and nginx are on one TILL_HOME: what one of them
# says another must say, too. After lib.bash:
#
#     setup_file() { servers_start; }
#     teardown_file() { servers_stop; }
#
# $servers_folder/NAME is each one's own folder: url, internal (where services
# find each other), pid, log.
# shellcheck disable=SC2154,SC2034 # what lib.bash and its tests leave

servers=(apache-cgi apache-fcgid apache-proxy-fcgi lighttpd fcgiwrap)
modules=/usr/lib/apache2/modules

# Apache won't be root, so nothing here is.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        set -- setpriv --reuid=www-data --regid=www-data --clear-groups "$@"
    fi
    "$@"
}

give_to_user() {
    [ "$(id -u)" != 0 ] || chown -R www-data: "$@"
}

# scripts/till of a copy that www-data may read, wherever the checkout is
till() {
    as_user env TILL_BUILD="$checkout/build" "$checkout/scripts/till" "$@"
}

# a TILL_HOME with such a copy in it
servers_home() {
    local build=${tools%/tests/tools}
    till_home || return
    export checkout=$TILL_HOME/checkout servers_folder=$TILL_HOME/servers
    mkdir -p "$checkout/build/tests" "$servers_folder"
    cp -r "$root"/{scripts,nginx} "$checkout"
    cp -r "$build/cgi-bin" "$build/bin" \
        "$root/nginx/other-servers/till.cgi" "$checkout/build"
    cp "$build/tests/till-sandbox" "$checkout/build/tests"
    give_to_user "$TILL_HOME"
}

# servers_start [SERVER ...]: a Till with nginx, and these beside it (all). What
# runs by itself finds its services through lighttpd and Apache's mod_proxy_fcgi,
# what they start finds them through the server that has started it.
servers_start() {
    local name fpm=apache-proxy-fcgi
    servers_home || return
    [ $# -eq 0 ] || servers=("$@")
    for name in "${servers[@]}"; do
        server_start "$name" || return
    done
    export USER_SERVICE_URL ORDER_SERVICE_URL PAYMENT_SERVICE_URL \
        NOTIFICATION_SERVICE_URL
    USER_SERVICE_URL=$(cat "$servers_folder/lighttpd/internal")
    ORDER_SERVICE_URL=$(cat "$servers_folder/$fpm/internal")
    PAYMENT_SERVICE_URL=$ORDER_SERVICE_URL
    NOTIFICATION_SERVICE_URL=$USER_SERVICE_URL
    till_up || return
    for name in "${servers[@]}"; do
        write_settings "$name"
    done
    give_to_user "$servers_folder"
}

# What the programs that NAME starts find in TILL_ENV.
write_settings() {
    local setting service
    {
        cat "$TILL_ENV"
        sandbox_settings
        for setting in ${TILL_TEST_MONGO:-}; do
            echo "$setting=$mongo_uri"
        done
        for service in USER ORDER PAYMENT NOTIFICATION; do
            echo "${service}_SERVICE_URL=$(cat "$servers_folder/$1/internal")"
        done
    } >"$servers_folder/$1/till.env"
}

# As `till start` sets them where there are no credentials.
sandbox_settings() {
    echo "STRIPE_SECRET_KEY=sk_test_sandbox"
    echo "STRIPE_PUBLISHABLE_KEY=pk_test_sandbox"
    echo "STRIPE_WEBHOOK_SECRET=whsec_sandbox"
    echo "STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa"
    echo "STRIPE_API_BASE=$(sandbox_url)"
    echo "GMAIL_CLIENT_ID=sandbox"
    echo "GMAIL_CLIENT_SECRET=sandbox"
    echo "GMAIL_REFRESH_TOKEN=sandbox-refresh"
    echo "GMAIL_API_BASE=$(sandbox_url)"
    echo "GOOGLE_TOKEN_URL=$(sandbox_url)/token"
    echo "EMAIL_USER=receipts@shop.example"
}

# server_start NAME. Another program may take a port between our look and the
# server's: then other ports.
server_start() {
    local folder=$servers_folder/$1 port internal _
    mkdir -p "$folder/tmp"
    for _ in 1 2 3 4 5; do
        port=$(free_port) internal=$(free_port)
        echo "http://127.0.0.1:$port" >"$folder/url"
        echo "http://127.0.0.1:$internal" >"$folder/internal"
        "configure_$1" >"$folder/conf"
        give_to_user "$folder"
        "run_${1%%-*}" >"$folder/said" 2>&1 3>&- && break
        ! grep -qiE 'could not bind|already in use' "$folder/said" || continue
        cat "$folder/said" >&2
        return 1
    done
    wait_for 10 test -s "$folder/pid"
}

# shipped FILE: a file of nginx/other-servers, with the folders and ports of this
# test in place of its own
shipped() {
    sed -e "s|/usr/share/till/other-servers|$checkout/nginx/other-servers|" \
        -e "s|/usr/lib/till|$checkout/build|" \
        -e "s|/var/lib/till/run/fcgiwrap.sock|$folder/fcgiwrap.sock|" \
        -e "s|/var/lib/till/run/internal.sock|$folder/internal.sock|" \
        -e "s|/var/lib/till|$TILL_HOME|" \
        -e "s|/etc/till/till.env|$folder/till.env|" \
        -e "s/127.0.0.1:8080/127.0.0.1:$port/" \
        -e "s/127.0.0.1:8079/127.0.0.1:$internal/" \
        "$root/nginx/other-servers/$1"
}

# apache MODULE ...: what Debian's apache2.conf and a2enmod write
apache() {
    local module
    printf '%s\n' "ServerRoot $folder" "PidFile $folder/pid" \
        "DefaultRuntimeDir $folder/tmp" "Mutex file:$folder/tmp default" \
        "ErrorLog $folder/log" "LogLevel warn" "ServerName localhost" \
        "ServerTokens Prod"
    for module in "$@" authz_core authz_host alias env headers rewrite setenvif; do
        echo "LoadModule ${module}_module $modules/mod_$module.so"
    done
}

configure_apache-cgi() {
    apache mpm_prefork cgi
    shipped apache-site.conf |
        sed 's/^\(Define TILL_SERVER\) .*/\1 apache-cgi.conf/'
}

configure_apache-fcgid() {
    apache mpm_event cgid fcgid
    echo "ScriptSock $folder/tmp/cgid"
    echo "FcgidIPCDir $folder/tmp"
    echo "FcgidProcessTableFile $folder/tmp/fcgid"
    shipped apache-site.conf |
        sed 's/^\(Define TILL_SERVER\) .*/\1 apache-fcgid.conf/'
}

configure_apache-proxy-fcgi() {
    apache mpm_event cgid proxy proxy_fcgi
    echo "ScriptSock $folder/tmp/cgid"
    shipped apache-site.conf
}

run_apache() {
    as_user apache2 -f "$folder/conf" -k start
}

configure_lighttpd() {
    cat <<CONF
server.document-root = "$folder/tmp"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$folder/log"
server.pid-file = "$folder/pid"
CONF
    shipped lighttpd.conf
}

run_lighttpd() {
    as_user lighttpd -f "$folder/conf"
}

configure_fcgiwrap() {
    echo "unix:$folder/internal.sock" >"$folder/internal"
    local module
    echo "pid $folder/pid; error_log $folder/log warn; events {} http {"
    echo "access_log off; include /etc/nginx/mime.types;"
    for module in client_body fastcgi proxy scgi uwsgi; do
        echo "${module}_temp_path $folder/tmp/$module;"
    done
    shipped fcgiwrap.conf
    echo "}"
}

run_fcgiwrap() {
    rm -f "$folder/internal.sock"
    if [ ! -e "$folder/wrap.pid" ]; then
        as_user spawn-fcgi -s "$folder/fcgiwrap.sock" -M 0600 \
            -P "$folder/wrap.pid" -- "$(command -v multiwatch)" -f 8 -s TERM \
            -- /usr/sbin/fcgiwrap || return
    fi
    as_user nginx -c "$folder/conf" -e "$folder/log"
}

servers_stop() {
    local status=0
    # mod_fcgid ends its programs within seconds
    server_pids=$(awk 1 "$servers_folder"/*/*pid) # not all end their lines
    # shellcheck disable=SC2086  # numbers
    kill $server_pids
    wait_for 30 servers_are_gone || status=1
    till stop || status=1
    till_forget
    return $status
}

servers_are_gone() {
    ! ps -o pid= -p "${server_pids//$'\n'/,}" >/dev/null
}
