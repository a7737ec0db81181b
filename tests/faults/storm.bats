# A short storm; longer ones: tests/faults/storm. STORM_SEED and STORM_MINUTES
# make another one of it.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)

@test "after a storm every order has its one charge, its status and its mails" {
    local seed=${STORM_SEED:-1}
    echo "# seed $seed" >&3
    "$root/tests/faults/storm" "${STORM_MINUTES:-0.8}" "$seed" 3>&-
}
