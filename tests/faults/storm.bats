# A short storm, each time another one; longer ones: tests/faults/storm.
# STORM_SEED repeats one whose seed was printed, STORM_MINUTES makes it longer.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)

@test "after a storm every order has its one charge, its status and its mails" {
    local seed
    seed=${STORM_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
    echo "# seed $seed" >&3
    "$root/tests/faults/storm" "${STORM_MINUTES:-0.8}" "$seed" 3>&-
}
