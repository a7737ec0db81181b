# Part of scripts/till: the packages.

# setup [test | bench]: installs what is missing of scripts/packages; asks nothing
setup() {
    wanted=$(packages "${1:-}")
    # shellcheck disable=SC2086  # a list of names
    set -- $wanted
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        setup_elsewhere
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "$EX_UNAVAILABLE" "not root, and no" \
            "sudo. Missing packages:" "$missing"
        sudo='sudo -n'
        [ ! -t 0 ] || sudo=sudo
    fi
    say "Installing:" "$missing"
    # shellcheck disable=SC2086  # lists of words
    $sudo "$root/scripts/install-packages" $missing ||
        die "$EX_UNAVAILABLE" "these could not be installed:" "$missing"
}

# packages [test | bench]: the names
packages() {
    kinds=" ${1:-}"
    if [ "${1:-}" = test ]; then
        [ -n "${MONGO_TEST_URI:-}" ] || command -v mongod >/dev/null ||
            kinds="$kinds mongod"
        # whoever has them from elsewhere can't have Debian's beside them
        for tool in node npm; do
            command -v $tool >/dev/null || kinds="$kinds node"
        done
    fi
    awk -v kinds="$kinds " '
        /^[^#]/ {
            is_wanted = NF == 1
            for (i = 2; i <= NF; i++)
                is_wanted += index(kinds, " " $i " ") > 0
            if (is_wanted)
                print $1
        }' \
        "$root/scripts/packages"
}

missing_packages() {
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" \
        2>/dev/null | sed -n 's/ installed$//p')
    for package; do
        printf '%s\n' "$installed" | grep -qxF "$package" ||
            printf '%s ' "$package"
    done
}

# Not Debian or its like: whoever has the tools may have them from elsewhere.
setup_elsewhere() {
    for tool in gcc make pkg-config nginx spawn-fcgi multiwatch curl jq; do
        command -v $tool >/dev/null || die "$EX_UNAVAILABLE" "there is no" \
            "apt-get here, and no $tool. Install what Debian calls:" "$wanted"
    done
}
