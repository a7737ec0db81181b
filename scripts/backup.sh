# Part of scripts/till: copies of the databases, and back.

# A folder is named from where the caller is; the tools run in TILL_HOME.
# backup FOLDER [...]
backup() {
    case ${1:-} in
    '' | -*) usage ;;
    esac
    place=$(absolute "$1")
    shift
    enter_home
    read_settings
    tool backup "$place" "$@"
}

# restore FOLDER [SERVICE ...]
restore() {
    case ${1:-} in
    '' | -*) usage ;;
    esac
    place=$(absolute "$1")
    shift
    for service; do
        case $service in
        user | order | payment | notification) ;;
        *) usage ;;
        esac
    done
    enter_home
    lock
    [ -z "$(processes)" ] ||
        die "$EX_TEMPFAIL" "Till is running: scripts/till stop"
    read_settings
    (tool restore "$place" "$@") || exit
    (tool migrate) || exit
    (tool admin catch-up) || exit
    : >run/read-only
    cat <<'EOF'

What was paid since that backup is known to Stripe alone. So Till only reads
now, until payment-worker has asked for it:

    scripts/till start
    scripts/till once payment-worker
    scripts/till read-only off
EOF
}

# once WORKER
once() {
    enter_home
    read_settings
    "$build_folder/cgi-bin/$1" --once || exit
    say "$1: nothing is due any more"
}
