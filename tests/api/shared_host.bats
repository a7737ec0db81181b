# docs/shared-host.md, done as it stands there, on an Apache that gives its
# customer cgi-bin, .htaccess and cron, and nothing else.
# shellcheck disable=SC2154,SC2030,SC2031 # what lib.bash and servers.bash leave
# shellcheck disable=SC2034 # and what they take

load ../lib.bash
load ../servers.bash

setup_file() {
    servers_home
    cd "$TILL_HOME" || return
    mkdir -p run host/public_html
    give_to_user run host
    # shellcheck disable=SC2016  # that shell's own
    as_user sh -c 'echo $$ >run/sandbox.pid; exec "$@"' sh \
        "$checkout/build/tests/till-sandbox" --state sandbox \
        --webhook-secret whsec_sandbox >/dev/null 2>&1 3>&- &
    wait_for 10 test -s sandbox/port || return
    start_host
}

start_host() {
    local folder=$TILL_HOME/servers/host port _
    mkdir -p "$folder/tmp"
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        export shop=http://127.0.0.1:$port
        {
            apache mpm_prefork cgi mime
            echo "TypesConfig /etc/mime.types"
            echo "Listen 127.0.0.1:$port"
            echo "DocumentRoot $TILL_HOME/host/public_html"
            echo "<Directory $TILL_HOME/host/public_html>"
            echo "AllowOverride All"
            echo "Require all granted"
            echo "</Directory>"
            echo '<FilesMatch "^\.ht">'
            echo "Require all denied"
            echo "</FilesMatch>"
        } >"$folder/conf"
        give_to_user "$folder"
        run_apache >"$folder/said" 2>&1 3>&- && break
    done
    wait_for 10 test -s "$folder/pid"
}

teardown_file() {
    cd "$TILL_HOME" || return
    server_pids=$(awk 1 servers/host/pid run/sandbox.pid)
    # shellcheck disable=SC2086  # numbers
    kill $server_pids
    wait_for 30 servers_are_gone
    cd /
    till_forget
}

# section N: its commands, with this shop's address
section() {
    awk -v begins="## $1." '/^## / { is_it = index($0, begins) == 1 }
        is_it && /^    / { print substr($0, 5) }' "$root/docs/shared-host.md" |
        sed "s|https://shop.example|$shop|"
}

# on_host: commands of standard input, as the customer types them
on_host() {
    (cd "$TILL_HOME/host" &&
        as_user env -i HOME="$TILL_HOME/host" PATH="$PATH" bash -eu)
}

# every minute's work, a little more often
cron() {
    until [ -e over ]; do
        on_host <lines
        sleep 0.2
    done
}

@test "a shop on a shared host sells, each line as it is written" {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$root"/{nginx,.env.example} .
    ln -s "${tools%/tests/tools}" build
    section 1 | sed '/^make$/d' >commands
    bash -eu commands
    cp till.tar.gz "$TILL_HOME/host"
    give_to_user "$TILL_HOME/host"
    section 2 | sed '/^export/,$d' >before
    section 2 | sed -n '/^export/,$p' >after
    [ "$(cat before after | wc -l)" -ge 9 ]
    on_host <before
    # the keys
    sandbox_settings | grep -v DEFAULT_PAYMENT_METHOD |
        as_user tee -a "$TILL_HOME/host/till/till.env" >/dev/null
    on_host <after

    section 3 | sed -n 's/^\* \* \* \* \* //p' >lines
    [ "$(wc -l <lines)" = 2 ]
    cron 3>&- &
    run till smoke --payment-method pm_card_visa "$shop"
    : >over
    wait
    echo "$output" >&2
    [[ ${lines[-1]} == *'is Paid, its receipt is Sent.' ]]
}

@test "and refuses, but shows nothing of its own" {
    TILL_URL=$shop
    api GET /api/order
    expect_problem 401
    [ -n "$(header WWW-Authenticate)" ]
    api DELETE /api/order
    expect_problem 405
    [ "$(header Allow)" = 'GET, HEAD, POST' ]
    [ "$(header X-Content-Type-Options)" = nosniff ]
    api GET /api/nothing
    expect_problem 404
    for path in /till/till.env /.htaccess /cgi-bin/ /../till/data/user.db; do
        api GET $path '' '' --path-as-is
        [[ $status == 40[034] ]] || {
            echo "$path: $status $body" >&2
            return 1
        }
    done
    # the program itself is run, never shown
    api GET /cgi-bin/till.cgi
    expect_problem 404
}
