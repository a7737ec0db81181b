#!/usr/bin/env bats
# The power goes while the shop is busy. Whatever the disk had written by then
# and whatever not: the databases are whole, what was acknowledged is there, and
# Till goes on with what it had begun.
#
# POWER_CUTS (3) cuts, POWER_IMAGES (17) images of each run up to a cut, and
# POWER_SEED, for the same images of the same journal.
# shellcheck disable=SC2154  # what the files below define

load ../lib.bash
load ../tools.bash
load power.bash

setup_file() {
    shop_home
    export POWER_SEED=${POWER_SEED:-$RANDOM}
    echo "# POWER_SEED=$POWER_SEED" >&3
}

teardown_file() { till_stop; }

@test "the watched disk forgets what was not synced, and only that" {
    for synchronous in FULL OFF; do
        data=$BATS_TEST_TMPDIR/$synchronous
        journal=$data.journal
        mkdir "$data" "$data.none" "$data.all"
        # it stays open: to close it takes the WAL in, which syncs
        mkfifo "$data.sql"
        LD_PRELOAD=$disk_recorder TILL_DISK_FOLDER=$data \
            TILL_DISK_JOURNAL=$journal sqlite3 "$data/x.db" \
            <"$data.sql" >"$data.said" 3>&- &
        exec 8>"$data.sql"
        echo "PRAGMA journal_mode = WAL; CREATE TABLE t (a);
            PRAGMA synchronous = $synchronous;
            INSERT INTO t VALUES ('there') RETURNING 'written';" >&8
        wait_for 10 grep -q written "$data.said"
        "$disk_tool" image -n -e "$journal" "$data.none"
        "$disk_tool" image -a -e "$journal" "$data.all"
        exec 8>&-
        wait $!
        [ "$(sqlite3 "$data.all/x.db" 'SELECT a FROM t')" = there ]
        case $synchronous:$(sqlite3 "$data.none/x.db" 'SELECT a FROM t') in
        FULL:there | OFF:) ;;
        *) false ;;
        esac
    done
}

@test "whatever was acknowledged before the power went is there, and goes on" {
    : >"$BATS_FILE_TMPDIR/earlier"
    base=()
    for cut in $(seq "${POWER_CUTS:-3}"); do
        journal=$TILL_HOME/journal-$cut
        shop_start "$journal" >/dev/null
        [ "$cut" = 1 ] || {
            expect_replays "$BATS_FILE_TMPDIR/earlier"
            expect_end
        }
        begin_trade
        wait_for 120 has_asked $((cut * 40 + RANDOM % 20))
        cut_power
        for image in $(seq "${POWER_IMAGES:-17}"); do
            expect_image $((POWER_SEED + cut * 1000000 + image)) "${base[@]}"
        done
        expect_image $((POWER_SEED + cut * 1000000)) -e "${base[@]}"
        cp "$BATS_TEST_TMPDIR/image/marks" "$BATS_FILE_TMPDIR/earlier"
        # the same image, untouched, is the disk from now on
        rm -rf "$TILL_HOME/data"
        mkdir "$TILL_HOME/data" "$TILL_HOME/base-$cut"
        "$disk_tool" image -s $((POWER_SEED + cut * 1000000)) -e \
            "${base[@]}" "$journal" "$TILL_HOME/data" >/dev/null
        cp -a "$TILL_HOME/data/." "$TILL_HOME/base-$cut"
        base=(-b "$TILL_HOME/base-$cut")
    done
    till start >/dev/null
    expect_replays "$BATS_FILE_TMPDIR/earlier"
    expect_end
    echo "# $((${POWER_CUTS:-3} * (${POWER_IMAGES:-17} + 1))) images," \
        "$(wc -l <"$BATS_FILE_TMPDIR/earlier") acknowledged answers" >&3
}
