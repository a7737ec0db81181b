# The pages that speak of the API: /docs/, and /problems/ where types lead.
# shellcheck disable=SC2154  # what lib.bash leaves

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash

setup_file() {
    till_start
}

teardown_file() {
    till_stop
}

page() {
    curl -sS -m 10 "$TILL_URL$1"
}

# What nginx words itself, as its configuration has it: a status may have a
# default, and a title stands behind its problem.
problems_of_nginx() {
    awk '
        /^map/ { map = $3 }
        map == "$till_problem" && /^ .*;/ {
            problem = $2
            sub(/;/, "", problem)
            statuses[$1 == "default" ? 500 : $1] = problem
        }
        map == "$till_title" && /^ .*;/ {
            problem = $1
            gsub(/^[^"]*"|";$/, "")
            titles[problem] = $0
        }
        END {
            for (status in statuses)
                print statuses[status] "|" status "|" titles[statuses[status]]
        }' "$root/nginx/till-http.conf"
}

# The same of docs/openapi.yaml
problems_described() {
    page /docs/openapi.json | jq -r '
        .components.schemas[].properties |
        select(.type.const? // "" | startswith("/problems/")) |
        (.type.const | ltrimstr("/problems/")) as $name | .title.const as $title |
        (.status | .enum // [.const])[] | "\($name)|\(.)|\($title)"'
}

# The lines to paste that a page has
shell_of() {
    awk '
        /<pre class="shell">/ { is_shell = 1; sub(/.*<pre class="shell">/, "") }
        is_shell { ends = sub(/<\/pre>.*/, ""); print; is_shell = !ends }' |
        sed -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&quot;/"/g' \
            -e "s/&#39;/'/g" -e "s/&apos;/'/g" -e 's/&amp;/\&/g'
}

@test "every problem of the programs and of nginx is described, and no other" {
    { "$tools/problems" && problems_of_nginx; } | sort -u \
        >"$BATS_TEST_TMPDIR/answered"
    problems_described | sort -u >"$BATS_TEST_TMPDIR/described"
    diff "$BATS_TEST_TMPDIR/answered" "$BATS_TEST_TMPDIR/described"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/described")" -gt 20 ]
}

@test "every problem has a page: what happened, why, and what to do" {
    problems_described | while IFS='|' read -r name status title; do
        page "/problems/$name" >"$BATS_TEST_TMPDIR/page"
        grep -qF "<h1>$title</h1>" "$BATS_TEST_TMPDIR/page"
        grep -q "class=\"status\">.*$status" "$BATS_TEST_TMPDIR/page"
        for heading in 'What happened' Why 'What to do'; do
            grep -A1 -F "<h2>$heading</h2>" "$BATS_TEST_TMPDIR/page" |
                grep -q '^<p>[A-Z]'
        done
        page /problems/ | grep -qF "href=\"$name\""
    done
}

@test "the type of a problem leads to its page, of a program's and of nginx's" {
    for path in /api/order /api/order/x /nothing; do
        api GET $path
        title=$(member .title)
        headers=$BATS_TEST_TMPDIR/page-headers
        curl -sS -D "$headers" "$TILL_URL$(member .type)" |
            grep -F "<h1>$title</h1>"
        [ "$(header Content-Type)" = 'text/html; charset=utf-8' ]
    done
}

@test "every line of curl of the reference works as pasted, in its order" {
    page /docs/ | shell_of >"$BATS_TEST_TMPDIR/lines"
    described=$(page /docs/openapi.json | jq '[.paths[][] | objects |
        select(.operationId and (."x-internal" | not))] | length')
    [ "$(grep -c '^curl ' "$BATS_TEST_TMPDIR/lines")" = "$described" ]
    {
        echo 'set -euo pipefail'
        echo 'curl() { command curl -m 60 --fail-with-body -sS "$@"; }'
        cat "$BATS_TEST_TMPDIR/lines"
    } >"$BATS_TEST_TMPDIR/script"
    cd "$root"
    bash -v "$BATS_TEST_TMPDIR/script"
}

@test "the reference names the server that it is read from, whatever it calls itself" {
    curl -sS -H 'Host: shop.example:81' "$TILL_URL/docs/" | shell_of |
        grep -F 'curl http://shop.example:81/api/health/live'
    curl -sS -H 'Host: "><b>' "$TILL_URL/docs/" >"$BATS_TEST_TMPDIR/page"
    run ! grep -F '"><b>' "$BATS_TEST_TMPDIR/page"
}

@test "the description is there for tools, as YAML and as JSON" {
    page /docs/openapi.yaml | cmp - "$root/docs/openapi.yaml"
    page /docs/openapi.json | jq -e '.openapi == "3.1.0" and
        (.paths | length) > 10'
    api GET /docs/openapi.json
    [ "$(header Content-Type)" = 'application/json; charset=utf-8' ]
    api GET /docs/openapi.yaml
    [ "$(header Content-Type)" = 'application/yaml; charset=utf-8' ]
}

# Every page that there is, by its path
pages() {
    echo /docs/
    echo /problems/
    problems_described | sed 's,|.*,,; s,^,/problems/,' | sort -u
}

@test "a page needs no script and nothing from elsewhere, and allows none" {
    pages | while read -r path; do
        api GET "$path"
        expect 200
        [ "$(header Content-Security-Policy)" = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" ]
        [ "$(header X-Content-Type-Options)" = nosniff ]
        [ "$(header X-Request-Id | wc -l)" = 1 ]
        run ! grep -E '<(script|style|img|iframe)| (src|style|on[a-z]+)=|href="[a-z]+:' \
            <<<"$body"
    done
}

@test "every link of a page leads somewhere" {
    for path in /docs/ /problems/ /problems/conflict; do
        page "$path" >"$BATS_TEST_TMPDIR/page"
        grep -o 'href="[^"]*"' "$BATS_TEST_TMPDIR/page" |
            sed 's/^href="//; s/"$//' | sort -u >"$BATS_TEST_TMPDIR/links"
        while read -r link; do
            target=$path
            case $link in
            '#'*) ;;
            ../*) target=/${link#../} ;;
            *) target=${path%/*}/$link ;;
            esac
            page "${target%#*}" >"$BATS_TEST_TMPDIR/target"
            grep -q '"type":"/problems/' "$BATS_TEST_TMPDIR/target" && false
            case $link in *'#'?*)
                grep -qF " id=\"${link#*#}\"" "$BATS_TEST_TMPDIR/target"
                ;;
            esac
        done <"$BATS_TEST_TMPDIR/links"
        [ -s "$BATS_TEST_TMPDIR/links" ]
    done
}

@test "what isn't there is a problem, and other methods are refused" {
    for path in /docs/nothing /problems/nothing /docs/../problems/nothing; do
        api GET $path
        expect_problem 404
    done
    for path in /docs/ /problems/conflict; do
        api POST $path '{}'
        expect_problem 405
        [ "$(header Allow)" = 'GET, HEAD' ]
    done
}

@test "a folder's address without its slash leads to it, in whatever scheme" {
    for path in /docs /problems; do
        api GET $path
        expect 308
        [ "$(header Location)" = "$path/" ]
    done
}
