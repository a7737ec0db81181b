#include "inbox.h"

#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "tree.h"

static void
inbox_keep(struct request *request, struct answer *answer)
{
    const char *rest = request->path + strlen("/sandbox/inbox");
    long status = *rest ? strtol(rest + 1, NULL, 10) : 200;

    store_begin();
    store_run("INSERT INTO inbox(signature, body) VALUES(?, ?)", "ss",
              request_header(request, "Stripe-Signature"), request->body);
    store_commit();
    answer->status = status >= 200 && status < 600 ? (unsigned)status : 404;
}

static cJSON *
inbox_read(struct pool *pool)
{
    sqlite3_stmt *query =
        store_query("SELECT signature, body FROM inbox ORDER BY seq", "");
    cJSON *list = pool_tree(pool, cJSON_CreateArray()), *item;

    while (store_next(query)) {
        item = cJSON_CreateObject();
        tree_set_text(item, "signature", store_text(pool, query, 0));
        tree_set_text(item, "body", store_text(pool, query, 1));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

void
inbox_serve(struct request *request, struct answer *answer)
{
    const cJSON *list;

    if (!strcmp(request->method, "POST")) {
        inbox_keep(request, answer);
        return;
    }
    store_begin();
    if (!strcmp(request->method, "DELETE"))
        store_run("DELETE FROM inbox", "");
    list = inbox_read(request->pool);
    store_commit();
    answer_tree(request, answer, 200, list);
}
