# For bats files that need MongoDB, beside ../lib.bash:
#
#     load ../mongod/mongo.bash
#     setup_file() { mongo_start && till_start MONGO_URI="$mongo_uri"; }
#     teardown_file() { till_stop; mongo_stop; }

# A server, and in it a database of this file's own: $mongo_uri. Where no
# server can be had, the tests of the file are skipped. What MONGO_TEST_URI
# names keeps the database.
mongo_start() {
    local status=0
    mongo_folder=$(mktemp -d "${TMPDIR:-/tmp}/till-mongo.XXXXXX")
    export mongo_folder
    "$root/tests/mongod/mongod.sh" start "$mongo_folder" || status=$?
    [ $status != 77 ] || skip "no MongoDB here"
    [ $status = 0 ] || return 1
    mongo_uri=$(sed "s|^\(mongodb[^/]*//[^/?]*\)/*[^?]*|\1/till_test_$$|" \
        "$mongo_folder/uri")
    export mongo_uri
}

mongo_stop() {
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    rm -rf "$mongo_folder"
}
