#!/usr/bin/awk -f
# What so many orders a second need, by the figures of tests/scaling/traffic:
#
#     awk -v rate=1000 -v shard=1100 -v read=5700 -f tests/scaling/plan.awk
#
# rate: orders a second. shard, read: writes and reads a second that one shard (a
# replica set) of yours takes, as you have measured them; stripe: calls a second
# that one account may make (100); mails: that one mailbox may send a day (2000).
# busy: how busy shards and processors may be (0.6). by=range: sharded by ranges
# of _id.
#
# A read that names no _id is asked of all shards: more of them don't help, so a
# cluster gets no more orders than take half of that time for such reads.
#
# Then one shard is simulated for `seconds` (60): orders arrive by chance, each
# service's documents on a shard of chance; the writes into one document follow
# each other with pauses; who comes while another is served queues.
BEGIN {
    # an order: writes of orders, payments, notifications; reads; bytes; seconds
    # of a processor; calls of Stripe
    split("2 12 5", chains); writes = 19; named = 17.9; scattered = 8.9
    bytes = 27997; processor = 0.010; calls = 2

    if (!busy) busy = 0.6
    if (!stripe) stripe = 100
    if (!mails) mails = 2000
    if (!rate || !shard || !read) { print "usage: see the file"; exit 64 }
    plan()
    simulate()
    limits()
}

function up(number) {
    return number > int(number) ? int(number) + 1 : int(number)
}

function plural(number, word) {
    return number " " word (number == 1 ? "" : "s")
}

function plan(    each) {
    clusters = up(rate * scattered / read / (busy / 2))
    rest = rate / clusters # of the orders, for one cluster
    each = writes / shard + named / read
    shards = up(rest * each / (busy - rest * scattered / read))
    # the newest range has the highest ids, so all that is being worked on
    hot = by == "range" ? 1 : shards
    printf "%d orders/s: %.0f writes/s, %.0f reads/s, %.1f MB/s\n", rate,
        rate * writes, rate * (named + scattered), rate * bytes / 1e6
    printf "    %s of %s, %.0f%% busy; %s for Till's programs\n",
        plural(clusters, "cluster"), plural(shards, "shard"),
        100 * (rest * each / shards + rest * scattered / read),
        plural(up(rate * processor / busy), "processor")
}

# A heap of what is next: at[], and whose turn it is: chain[]
function push(time, left,    i, above) {
    for (i = ++size; i > 1 && at[above = int(i / 2)] > time; i = above) {
        at[i] = at[above]; chain[i] = chain[above]
    }
    at[i] = time; chain[i] = left
}

function pop(    i, low, time, left) {
    now = at[1]; turn = chain[1]
    time = at[size]; left = chain[size--]
    for (i = 1; (low = 2 * i) <= size; i = low) {
        if (low < size && at[low + 1] < at[low]) low++
        if (at[low] >= time) break
        at[i] = at[low]; chain[i] = chain[low]
    }
    at[i] = time; chain[i] = left
}

# The same each time, and in every awk.
function chance(mean) {
    seed = seed * 16807 % 2147483647
    return -log(seed / 2147483647) * mean
}

# How long writes take from when they come, in tenths of milliseconds: seen[].
function simulate(    i, gap, wait, slot, over, most, n, free) {
    seed = 20261124
    if (!seconds) seconds = 60
    for (i = 1; i in chains; i++)
        push(chance(hot / rest), -i) # the next document of this service
    gap = 1 / (rest * (named / hot + scattered))
    push(chance(gap), 0) # the next read
    for (pop(); now < seconds; pop()) {
        if (turn < 0) {
            push(now + chance(hot / rest), turn)
            push(now, chains[-turn])
            continue
        }
        if (free < now) free = now
        free += 1 / (turn ? shard : read)
        if (!turn) {
            push(now + chance(gap), 0)
            continue
        }
        wait = free - now
        slot = int(wait * 1e4)
        seen[slot]++; n++
        if (slot > most) most = slot
        if (turn > 1) push(free + chance(0.02), turn - 1)
    }
    for (slot = most; slot >= 0 && over + seen[slot] <= n / 100; slot--)
        over += seen[slot]
    printf "    a write takes %.1f ms at the 99th percentile%s\n",
        (slot + 1) / 10, (wait > 1 ? ", and longer and longer" : "")
}

# What else there is only so much of
function limits() {
    printf "    Stripe: %.0f calls/s, %.1f times what one account may\n",
        rate * calls, rate * calls / stripe
    printf "    mail: %.0f a day, %.0f times what one mailbox may\n",
        rate * 86400, rate * 86400 / mails
}
