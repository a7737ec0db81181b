#!/usr/bin/awk -f
# What so many orders a second need, by the figures of tests/scaling/traffic:
#
#     awk -v rate=1000 -v shard=500 -f tests/scaling/plan.awk
#
# rate: orders a second. shard: writes a second that one shard (a replica set) of
# yours takes, as you have measured it. busy: how busy one may be (0.6). Then one
# shard is simulated for `seconds` (20): writes arrive by chance, each takes
# 1/shard; the queue before it is what customers wait for.
BEGIN {
    reads = 18.6; writes = 25; bytes = 29858 # an order, all four services
    if (!busy) busy = 0.6
    if (!seconds) seconds = 20
    if (!rate || !shard) { print "usage: see the file"; exit 64 }
    shards = int(rate * writes / (shard * busy))
    if (shards * shard * busy < rate * writes) shards++
    each = rate * writes / shards
    printf "%d orders/s: %d writes/s, %d reads/s, %.1f MB/s; ", rate, \
        rate * writes, rate * reads, rate * bytes / 1e6
    printf "%d shard%s, %.0f%% busy", shards, shards == 1 ? "" : "s", \
        100 * each / shard
    srand(1) # the same each time
    n = int(each * seconds)
    for (i = 0; i < n; i++) {
        now += -log(1 - rand()) / each
        if (free < now) free = now
        free += 1 / shard
        wait = 1000 * (free - now)
        slot = int(wait * 10); seen[slot]++
        if (slot > most) most = slot
    }
    for (slot = most; slot >= 0 && over + seen[slot] <= n / 100; slot--)
        over += seen[slot]
    printf "; a write takes %.1f ms at the 99th percentile\n", (slot + 1) / 10
}
