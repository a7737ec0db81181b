# For bats files that need MongoDB, beside ../lib.bash:
#
#     load ../mongod/mongo.bash
#     setup_file() {
#         unset TILL_HOME mongo_folder # what teardown_file ends is ours
#         mongo_start
#         [ -z "$mongo_uri" ] || till_start MONGO_URI="$mongo_uri"
#     }
#     setup() { [ -n "$mongo_uri" ] || skip "no MongoDB here"; }
#     teardown_file() {
#         [ -z "${TILL_HOME:-}" ] || till_stop
#         mongo_stop
#     }

# A server, and in it a database of this file's own: $mongo_uri, empty where
# no server can be had. What MONGO_TEST_URI names keeps the database.
mongo_start() {
    local status=0
    mongo_folder=$(mktemp -d "${TMPDIR:-/tmp}/till-mongo.XXXXXX")
    export mongo_folder mongo_uri=
    "$root/tests/mongod/mongod.sh" start "$mongo_folder" || status=$?
    case $status in
    0) mongo_uri=$(sed "s|^\(mongodb[^/]*//[^/?]*\)/*[^?]*|\1/till_test_$$|" \
        "$mongo_folder/uri") ;;
    77) ;;
    *) return 1 ;;
    esac
}

mongo_stop() {
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    rm -rf "$mongo_folder"
}
