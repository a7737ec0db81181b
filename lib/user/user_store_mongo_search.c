#include <string.h>

#include "base/text.h"
#include "user/user_store_mongo.h"

/* An expression that finds this text alone (PCRE). */
static const char *
expression_of(struct ctx *cx, const char *text)
{
    struct text escaped;

    text_init(&escaped, cx->arena, 4 * KIB);
    for (; *text; text++) {
        if (strchr("\\^$.|?*+()[]{}-/#", *text))
            text_add_char(&escaped, '\\');
        text_add_char(&escaped, *text);
    }
    return escaped.bytes;
}

static enum err
search(struct ctx *cx, struct user_store *store, const char *text, int64_t most,
       struct user_page *ret_page)
{
    const struct mongo_doc *part =
        mongo_doc(cx, "tt", "$regex", expression_of(cx, text), "$options", "i");
    const struct mongo_doc *either[] = { mongo_doc(cx, "d", "email", part),
                                         mongo_doc(cx, "d", "username", part) };
    struct mongo_query query = {
        USERS, mongo_doc(cx, "l", "$or", mongo_doc_list(cx, either, 2)),
        mongo_doc(cx, "i", "_id", (int64_t)-1), most
    };
    struct user_page page = { .count = 0 };
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    if ((err = mongo_find(cx, store->mongo, &query, &docs, &count)))
        return err;
    page.users = arena_array(cx->arena, struct user, count);
    for (; page.count < count; page.count++) {
        const struct user *user = user_mongo_read(cx, docs[page.count]);

        if (!user)
            return fail(cx, ERR_INTERNAL, "an account of a list is broken");
        page.users[page.count] = *user;
    }
    *ret_page = page;
    return OK;
}

void
user_mongo_add_search(struct user_store *store)
{
    store->search = search;
}
