# `make bench` measures everything that it should; how fast Till is doesn't
# matter here.
# shellcheck disable=SC2154  # lib.bash's

load ../lib.bash

@test "make bench measures every row of its table, and draws it" {
    local result
    TILL_BUILD=$BATS_TEST_TMPDIR/build
    mkdir "$TILL_BUILD"
    # its programs are those that are built already; its results are ours
    for part in bin cgi-bin tests; do
        ln -s "${tools%/tests/tools}/$part" "$TILL_BUILD/$part"
    done
    BENCH=smoke TILL_BUILD=$TILL_BUILD "$root/tests/bench/run" 3>&-
    result=$TILL_BUILD/bench/result.json
    for row in get get-p99-many get-memory-many post post-p99 post-keyed login \
        login-beside memory-idle memory-load pay pay-paid pay-pace pay-few \
        outbox outbox-memory start; do
        jq -e --arg row "$row" '.rows[] | select(.name == $row) |
            .rounds > 0 and .value >= 0' "$result" >/dev/null || {
            echo "$row was not measured" >&2
            return 1
        }
    done
    grep -q '≥ 0.80' "$TILL_BUILD/bench/table.txt"
    grep -q '^</svg>$' "$TILL_BUILD/bench/plot.svg"
}
