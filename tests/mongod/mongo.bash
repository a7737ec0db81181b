# MongoDB for the Till of a bats file; lib.bash loads it. The files called
# *_mongo.bats, and with TILL_TEST_MONGO every file, keep in a database of
# their own what these settings name: MONGO_URI, unless TILL_TEST_MONGO says
# otherwise ("USER_DB ORDER_DB").
# shellcheck disable=SC2154  # $root and $tools are lib.bash's

case ${BATS_TEST_FILENAME:-} in
*_mongo.bats) : "${TILL_TEST_MONGO:=MONGO_URI}" ;;
esac

# A server in TILL_HOME.mongo ($mongo_folder), or what MONGO_TEST_URI names,
# and in it a database of this Till's own: $mongo_uri.
mongo_start() {
    export mongo_folder=$TILL_HOME.mongo
    "$root/tests/mongod/mongod.sh" start "$mongo_folder" || {
        echo "these tests need MongoDB" >&2
        return 1
    }
    mongo_uri=$(sed "s|^\(mongodb[^/]*//[^/?]*\)/*[^?]*|\1/till_test_${TILL_HOME##*.}|" \
        "$mongo_folder/uri")
    export mongo_uri
}

# Leaves nothing behind, also on a server that isn't ours.
mongo_stop() {
    [ -z "${MONGO_TEST_URI:-}" ] || mongo '{"dropDatabase": 1}' >/dev/null
    "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    rm -rf "$mongo_folder"
}

# mongo COMMAND: what the server says to it, both as JSON
mongo() {
    "$tools/mongo" "$mongo_uri" "$1"
}

# mongo_count COLLECTION [QUERY]: how many documents are so
mongo_count() {
    mongo "{\"count\": \"$1\", \"query\": ${2:-{\}}}" | jq .n
}
