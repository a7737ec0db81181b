#!/usr/bin/env bats
# The list of fault points against the source: every durable write and every
# outbound call of the payment and notification services is in some matrix.

load matrix.bash

# writes FILE ...: the names of the works of db_write
writes() {
    grep -ho 'db_write(cx, [^,]*, [a-z_]*' "$@" | sed 's/.*, //' | sort -u
}

@test "every durable write of the two services is a point of some matrix" {
    local service unlisted
    unlisted=$(for service in payment notification; do
        # keys are kept by whichever service is asked
        writes "$root/lib/$service/"*.c "$root"/lib/io/idempotency*.c |
            sed "s/^/$service /"
    done | sort -u | comm -23 - <(listed_points))
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
        'store->keys') printf '%s\n' "$call "{payment,notification}_idempotency_keys ;;
        *) echo "$call $(sed -n "s/^#define $name \"\(.*\)\"/\1/p" \
            "$root"/lib/*/*_store_mongo.h)" ;;
        esac
    done | sort
}

@test "every write into MongoDB of the two services is a point of some matrix" {
    local unlisted
    # the turns and the mailbox are made when Till first starts
    unlisted=$(mongo_writes "$root"/lib/{payment,notification}/*_mongo*.c \
        "$root"/lib/io/idempotency_mongo.c |
        comm -23 - <(listed_points) |
        grep -vxE 'mongo_insert (turns|mailboxes)') || true
    [ -z "$unlisted" ] || {
        echo "in no matrix: $unlisted" >&2
        return 1
    }
}

# Method and path of each call in these files, or in stdin, as points have them. What isn't
# understood comes out as it is, and is on no list.
calls() {
    cat "$@" | tr -s ' \n' ' ' | grep -oE -e '(\.method = |call = \{ )"[A-Z]+"[^;]*' \
        -e 'call\.path = [^;]*' -e 'stripe_list\(cx, "[^;]*' |
        awk -v drafts=/gmail/v1/users/me/drafts '
            /^stripe_list/ { method = "GET" }
            /"[A-Z]+"/ && !/^(stripe_list|call\.path)/ {
                method = $0
                sub(/^[^"]*"/, "", method)
                sub(/".*/, "", method)
            }
            # the path is set further down
            /^\.method/ && !/\.path = / { next }
            {
                sub(/^(.*\.path = |call\.path = |call = \{ "[A-Z]+", )/, "")
                sub(/, \..*/, "")
                sub(/path_of\(.*, "/, "\"/v1/payment_intents/%s")
                sub(/order_path\(.*/, "\"/api/order/%s\"")
                sub(/page_path\(.*/, "\"" drafts "\"")
                sub(/DRAFTS "/, "\"" drafts)
                sub(/DRAFTS/, "\"" drafts "\"")
                sub(/^""/, "\"http://%s/token\"")
                sub(/^[^"]*"/, "")
                sub(/[?"].*/, "")
                gsub(/%s/, "*")
                # stripe_list itself: whose path it is, is said where it is used
                if ($0 != "*")
                    print method, $0
            }' | sort -u
}

@test "every call that the two services make is a point of some matrix" {
    local unlisted
    unlisted=$({
        # only whether the others are there is asked by ready.c, and by no service
        printf '%s\n' "$root"/lib/{payment,notification,peer}/*.c |
            grep -v /ready.c | tr '\n' '\0' | xargs -0 cat | calls
        sed -n 's/.*fault_at("before", "SMTP", "\(.*\)").*/SMTP \1/p' \
            "$root/lib/io/mailer.c"
    } | sort -u | comm -23 - <(listed_points))
    [ -z "$unlisted" ] || {
        echo "in no matrix: $unlisted" >&2
        return 1
    }
}

@test "every flow of the list is a matrix, and every matrix has a list" {
    diff <(cut -d ' ' -f 1 "$root/tests/faults/points" | sort -u) \
        <(cd "$root/tests/faults" && printf '%s\n' matrix_*.bats |
            sed 's/^matrix_//; s/\.bats$//; s/_.*//' |
            grep -vx points | sort -u)
}
