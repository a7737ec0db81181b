# MongoDB for the Till of a bats file; lib.bash loads it. TILL_TEST_MONGO has the
# settings ("USER_DB ORDER_DB") that are set to a database of this Till's own.
# The files called *_mongo.bats have MONGO_URI without being told, those called
# *all_mongo.bats all four services.
# shellcheck disable=SC2154,SC2016  # lib.bash's variables; quotes inside quotes

case ${BATS_TEST_FILENAME:-} in
*all_mongo.bats) TILL_TEST_MONGO='USER_DB ORDER_DB PAYMENT_DB NOTIFICATION_DB' ;;
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

# mongo_write COMMAND: the same of a write, which must not be refused
mongo_write() {
    local answer
    answer=$(mongo "$1") || return
    if printf '%s' "$answer" | jq -e 'has("writeErrors")' >/dev/null; then
        printf '%s\n%s\n' "$1" "$answer" >&2
        return 1
    fi
}

# mongo_count COLLECTION [QUERY]: how many documents are so
mongo_count() {
    mongo "{\"count\": \"$1\", \"query\": ${2:-{\}}}" | jq .n
}

# is_in_mongo SERVICE: where this Till keeps its data
is_in_mongo() {
    case " ${TILL_TEST_MONGO:-} " in
    *" ${1^^}_DB "*) ;;
    *) [ "$1" = user ] && [[ " ${TILL_TEST_MONGO:-} " == *" MONGO_URI "* ]] ;;
    esac
}

# The name that a column of SQLite has in MongoDB: each table's key is _id.
mongo_name() {
    case $1.$2 in
    payments.order_id | turns.name | idempotency_keys.key | [!p]*.id) echo _id ;;
    *) echo "$2" ;;
    esac
}

# The collection of a table
mongo_collection() { # SERVICE TABLE
    case $2 in
    idempotency_keys) echo "$1_$2" ;;
    *) echo "$2" ;;
    esac
}

# Numbers of the JSON on stdin as Till keeps all of them: of 64 bits, and not as
# small as they would fit, which the validators refuse.
mongo_long() {
    jq -c 'walk(if type == "number" then {"$numberLong": tostring} else . end)'
}

# A number of milliseconds, or a text, as MongoDB has it in this column.
mongo_value() {
    case $1 in
    *_at | *_until) printf '{"$date": %s}' "$2" ;;
    *) jq -nc --arg text "$2" '$text | tonumber? // $text' | mongo_long ;;
    esac
}

# kept SERVICE TABLE COLUMN [WHERE VALUE]: that column of each row, or
# document, that is so; one a line
kept() {
    local service=$1 table=$2 column=$3 where=${4:-} value=${5:-}
    if ! is_in_mongo "$service"; then
        sqlite3 -cmd '.timeout 5000' "$TILL_HOME/data/$service.db" \
            "SELECT $column FROM $table ${where:+WHERE $where = '$value'}"
        return
    fi
    mongo "{\"find\": \"$(mongo_collection "$service" "$table")\", \"batchSize\": 10000, \"filter\": {${where:+
        \"$(mongo_name "$table" "$where")\": $(mongo_value "$where" "$value")}}}" |
        jq -r --arg name "$(mongo_name "$table" "$column")" '
            .cursor.firstBatch[][$name] | if type == "object"
            then .["$date"] | sub("\\.[0-9]*Z"; "Z") | fromdate * 1000 else . end'
}

# set_kept SERVICE TABLE COLUMN VALUE [WHERE VALUE]: sets it, behind Till's back
set_kept() {
    local service=$1 table=$2 column=$3 value=$4 where=${5:-} is=${6:-}
    if ! is_in_mongo "$service"; then
        sqlite3 -cmd '.timeout 5000' "$TILL_HOME/data/$service.db" \
            "UPDATE $table SET $column = '$value' ${where:+WHERE $where = '$is'}"
        return
    fi
    mongo_write "{\"update\": \"$(mongo_collection "$service" "$table")\", \"updates\": [{\"multi\": true, \"q\": {${where:+
        \"$(mongo_name "$table" "$where")\": $(mongo_value "$where" "$is")}},
        \"u\": {\"\$set\": {\"$column\": $(mongo_value "$column" "$value")}}}]}"
}

# mongo_rename COLLECTION ID NEW: an _id never changes, so it is another one
mongo_rename() {
    local document
    document=$(mongo "{\"find\": \"$1\", \"filter\": {\"_id\": \"$2\"}}" |
        jq -c --arg id "$3" '.cursor.firstBatch[0] | ._id = $id' | mongo_long)
    mongo_write "{\"insert\": \"$1\", \"documents\": [$document]}" &&
        mongo_write "{\"delete\": \"$1\", \"deletes\": [{\"q\": {\"_id\": \"$2\"},
            \"limit\": 1}]}"
}
