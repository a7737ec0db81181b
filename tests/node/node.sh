#!/bin/sh
# The npm packages that tests need, as package-lock.json names them, installed
# into build/node on first use.
#
#   node.sh find             whether they can be had; installs them where it must
#   node.sh run FILE [...]   runs a program that requires them
#
# Exit status of find: 77 where they can't be had (skip the test; where CI is
# set, no test may be missing: 1).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/node
not_to_be_had=${CI:+1}
: "${not_to_be_had:=77}"

say() {
    printf 'node.sh: %s\n' "$*" >&2
}

is_installed() {
    cmp -s "$here/package-lock.json" "$build/installed"
}

install_packages() (
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "there is no node, or no npm"
        exit "$not_to_be_had"
    fi
    mkdir -p "$build"
    exec 9>"$build/lock"
    flock -w 300 9
    if is_installed; then
        exit 0
    fi
    cp "$here/package.json" "$here/package-lock.json" "$build/"
    timeout 300 npm ci --prefix "$build" --ignore-scripts --no-audit --no-fund \
        >"$build/install.log" 2>&1 9>&- || {
        say "the packages could not be installed:"
        tail -n 20 "$build/install.log" >&2
        exit "$not_to_be_had"
    }
    cp "$here/package-lock.json" "$build/installed"
)

case $#:${1:-} in
1:find) is_installed && command -v node >/dev/null || install_packages ;;
*:run)
    shift
    NODE_PATH=$build/node_modules exec node "$@"
    ;;
*)
    say "usage: node.sh find | run FILE [...]"
    exit 2
    ;;
esac
