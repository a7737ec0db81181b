# docs/scaling.md: that what an order costs can still be counted, and that its
# plans are what tests/scaling/plan.awk makes of its table.
# shellcheck disable=SC2154 # what lib.bash leaves

load ../lib.bash

setup() {
    page=$root/docs/scaling.md
}

# row NAME: the figures of that row of the table, without commas in them
row() {
    sed -n "s/^| $1 |//p" "$page" | tr -d ', ' | tr '|' ' '
}

# constant NAME: of plan.awk
constant() {
    sed -n "s/.*$1 = \([0-9.]*\).*/\1/p" "$root/tests/scaling/plan.awk" | head -n 1
}

@test "the plan's order is that of the table, and the table's sum is right" {
    read -r named scattered writes bytes < <(row sum)
    for name in named scattered writes bytes; do
        [ "$(jq -n "${!name} - $(constant $name)")" = 0 ]
    done
    for service in user order payment notification; do row $service; done |
        awk -v sum="$named $scattered $writes $bytes" '
            function is_about(one, other, grain) {
                return one - other <= grain && other - one <= grain
            }
            { for (i = 1; i <= 4; i++) all[i] += $i }
            END {
                split(sum, is)
                exit !(is_about(all[1], is[1], 0.2) && is_about(all[3], is[3],
                    0.2) && is_about(all[2], is[2], 0.2) &&
                    is_about(all[4], is[4], 4))
            }'
}

@test "the plans are what plan.awk says" {
    command=$(sed -n 's/^    \(awk -v rate=1000 .*\)/\1/p' "$page")
    cd "$root"
    for rate in 10 1000 100000; do
        plan=$(${command/rate=1000/rate=$rate} | sed 's/^/    /')
        [[ $(cat "$page") == *"$plan"* ]]
    done
    run awk -v rate=10 -f tests/scaling/plan.awk
    [ "$status" = 64 ]
}

@test "what an order costs is counted" {
    command -v socat >/dev/null || skip "there is no socat"
    run "$root/tests/scaling/traffic" 2
    [ "$status" = 0 ]
    for service in user order payment notification sum; do
        [[ $output == *$'\n'"$service "* ]]
    done
    # at least: two writes make an order Paid, five charge it, three mail it
    sum=$(printf '%s\n' "${lines[@]}" | awk '$1 == "sum" { print int($4) }')
    [ "$sum" -ge 10 ]
    [[ ${lines[-1]} == *'2.0 of Stripe, 2.0 of Gmail' ]]
}
