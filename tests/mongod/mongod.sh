#!/bin/sh
# A MongoDB server for one test.
#
#   mongod.sh find         whether one can be had; builds it where it must
#   mongod.sh start DIR    leaves the server's URI in DIR/uri
#   mongod.sh stop DIR     ends the server that start began, and no other
#
# MONGO_TEST_URI, where set, is the server: nothing is started or stopped.
# Else a mongod in PATH runs on a free loopback port with its data below DIR,
# else mongo-java-server, built on first use. DIR/pid is that server's process,
# DIR/mongod.log what it had to say. A later start in the same DIR finds the
# same port and data again, after a stop as after a kill. Many tests may start
# at once, each in its own DIR, but share what MONGO_TEST_URI names: each must
# use a database of its own.
#
# Exit status: 77 where no server can be had (skip the test; where CI is set, no
# test may be missing: 1), 1 where one failed, 2 for wrong use.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/tests/mongod
not_to_be_had=${CI:+1}
: "${not_to_be_had:=77}"

say() {
    printf 'mongod.sh: %s\n' "$*" >&2
}

wait_until() { # SECONDS COMMAND...
    tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

# The folder in its command line tells our server from a stranger that was
# given the same process id later. A zombie has none.
is_running() {
    [ -s "$dir/pid" ] || return 1
    { tr '\0' '\n' <"/proc/$(cat "$dir/pid")/cmdline"; } 2>/dev/null |
        grep -qF -- "$dir/"
}

is_stopped() {
    ! is_running
}

# Whether it has become the server: until then it is a copy of this shell.
has_begun() {
    ! cmp -s "/proc/$(cat "$dir/pid")/cmdline" /proc/$$/cmdline
}

is_listening() {
    [ -s "$dir/listening" ]
}

is_settled() {
    is_listening || is_stopped
}

# Below the range from which the kernel takes clients' ports: else, while the
# server is down, a client's own connection could land on its port.
random_port() {
    number=$(od -An -N2 -tu2 /dev/urandom)
    echo $((20000 + number % 12000))
}

is_built() {
    [ -e "$build/built" ] &&
        [ -z "$(find "$here" \( -name pom.xml -o -name '*.java' \) \
            -newer "$build/built")" ]
}

build_java() (
    if ! command -v mvn >/dev/null || ! command -v javac >/dev/null; then
        say "no MONGO_TEST_URI, no mongod, no Maven with a JDK to build one"
        exit "$not_to_be_had"
    fi
    mkdir -p "$build"
    exec 9>"$build/lock"
    flock -w 300 9
    if is_built; then
        exit 0
    fi
    # Dated before the build, so that an edit during it counts as newer.
    : >"$build/built.new"
    timeout 300 mvn -B -q -f "$here/pom.xml" -DbuildDirectory="$build" \
        compile >"$build/build.log" 2>&1 9>&- || {
        say "could not build mongo-java-server:"
        tail -n 20 "$build/build.log" >&2
        exit "$not_to_be_had"
    }
    mv "$build/built.new" "$build/built"
)

# The servers get no descriptors but the first three: a test runner waits
# until everything that holds one of its own has ended.
run_java() { # PORT
    java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xmx256m \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
        -cp "$build/classes:$build/lib/*" Mongod --port "$1" \
        --port-file "$dir/listening" --data "$dir/data.h2" \
        </dev/null >>"$dir/mongod.log" 2>&1 \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    echo "$!" >"$dir/pid"
    wait_until 60 has_begun && wait_until 60 is_settled && is_listening
}

# With --fork it returns when it listens.
run_mongod() { # PORT
    mkdir -p "$dir/data"
    timeout 60 mongod --fork --bind_ip 127.0.0.1 --port "$1" --nounixsocket \
        --dbpath "$dir/data" --pidfilepath "$dir/pid" \
        --logpath "$dir/mongod.log" --logappend \
        </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

find_server() {
    [ -n "${MONGO_TEST_URI:-}" ] || command -v mongod >/dev/null ||
        is_built || build_java
}

start() {
    if [ -n "${MONGO_TEST_URI:-}" ]; then
        echo "$MONGO_TEST_URI" >"$dir/uri"
        return
    fi
    if is_running; then
        return
    fi
    find_server
    run=run_mongod
    command -v mongod >/dev/null || run=run_java
    # A port may be taken; a killed server may hold its own a little longer.
    for _ in 1 2 3 4 5; do
        port=$(cat "$dir/port" 2>/dev/null || random_port)
        rm -f "$dir/listening"
        if $run "$port"; then
            echo "$port" >"$dir/port"
            echo "mongodb://127.0.0.1:$port" >"$dir/uri"
            return
        fi
        stop
    done
    say "the server did not start:"
    tail -n 20 "$dir/mongod.log" >&2
    exit 1
}

stop() {
    if is_running; then
        kill "$(cat "$dir/pid")" 2>/dev/null || :
        wait_until 10 is_stopped || kill -9 "$(cat "$dir/pid")" || :
        wait_until 10 is_stopped
    fi
    rm -f "$dir/pid"
}

case $#:${1:-} in
1:find) find_server ;;
2:start)
    mkdir -p "$2"
    dir=$(cd "$2" && pwd)
    start
    ;;
2:stop)
    [ -d "$2" ] || exit 0
    dir=$(cd "$2" && pwd)
    stop
    ;;
*)
    say "usage: mongod.sh find | start DIR | stop DIR"
    exit 2
    ;;
esac
