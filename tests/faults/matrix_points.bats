#!/usr/bin/env bats
# The list of fault points against the source: every durable write and every
# outbound call of the payment and notification services is in some matrix.

load matrix.bash

@test "every durable write of the two services is a point of some matrix" {
    local service work unlisted
    unlisted=$(for service in payment notification; do
        grep -ho 'db_write(cx, [^,]*, [a-z_]*' "$root/lib/$service/"*.c |
            sed "s/.*, /$service /"
    done | sort -u | comm -23 - <(listed_points))
    # keys are kept by whichever service is asked; one matrix is enough
    for work in $(grep -ho 'db_write(cx, [^,]*, [a-z_]*' \
        "$root"/lib/io/idempotency*.c | sed 's/.*, //'); do
        listed_points | grep -q " $work$" || unlisted+=" $work"
    done
    [ -z "$unlisted" ] || {
        echo "in no matrix: $unlisted" >&2
        return 1
    }
}

# As "mongo_save payments", of these files; a name that is a macro is looked up.
mongo_writes() {
    local verbs='insert|save|update|set|upsert|put|delete|delete_all' call name
    cat "$@" | tr -s ' \n' ' ' |
        grep -oE "mongo_($verbs)\( ?cx, [^,]*, [A-Za-z_>-]+" |
        sed 's/( *cx, .*, / /' | sort -u | while read -r call name; do
        case $name in
        'store->keys') echo "$call idempotency_keys" ;;
        *) echo "$call $(sed -n "s/^#define $name \"\(.*\)\"/\1/p" \
            "$root"/lib/*/*_store_mongo.h)" ;;
        esac
    done | sort
}

@test "every write into MongoDB of the two services is a point of some matrix" {
    local unlisted
    # keys as above; the turns and the mailbox are made when Till first starts
    unlisted=$(mongo_writes "$root"/lib/{payment,notification}/*_mongo*.c \
        "$root"/lib/io/idempotency_mongo.c |
        comm -23 - <(listed_points | sed 's/[a-z]*_\(idempotency_keys\)$/\1/' | sort) |
        grep -vxE 'mongo_insert (turns|mailboxes)') || true
    [ -z "$unlisted" ] || {
        echo "in no matrix: $unlisted" >&2
        return 1
    }
}

@test "every address that the two services call is a point of some matrix" {
    local address unlisted=
    while read -r address; do
        listed_points | grep -qE "^(GET|POST|PATCH|DELETE) $address(/[a-z*]+)?$" ||
            unlisted+=" $address"
    done < <(grep -hoE '"/(v1|gmail|api|token)[^"?]*' "$root"/lib/payment/*.c \
        "$root"/lib/notification/*.c "$root"/lib/peer/*.c |
        sed 's/^"//; s/%s$/\\*/; s/%s//; s/\*/\\*/; s/\\\\/\\/' | sort -u)
    [ -z "$unlisted" ] || {
        echo "in no matrix: $unlisted" >&2
        return 1
    }
}

@test "every flow of the list is a matrix, and every matrix has a list" {
    diff <(cut -d ' ' -f 1 "$root/tests/faults/points" | sort -u) \
        <(cd "$root/tests/faults" && printf '%s\n' matrix_*.bats |
            sed 's/^matrix_//; s/_.*mongo\.bats$//; s/\.bats$//' |
            grep -vx points | sort -u)
}
