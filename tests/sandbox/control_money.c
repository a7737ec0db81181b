/*
 * What happens to money outside of the API: what customers, banks and the
 * dashboard's users do.
 */
#include <string.h>

#include "control.h"
#include "store.h"
#include "stripe_dispute.h"
#include "stripe_intent.h"
#include "stripe_object.h"
#include "stripe_params.h"
#include "stripe_refund.h"
#include "tree.h"

static const struct verb {
    const char *prefix, *suffix, *kind;
    bool is_good;
    const char *(*move)(struct pool *pool, cJSON *object, bool is_good);
} verbs[] = {
    { "/sandbox/intents/", "/complete", "payment_intent", true, intent_finish },
    { "/sandbox/intents/", "/fail", "payment_intent", false, intent_finish },
    { "/sandbox/refunds/", "/succeed", "refund", true, refund_settle },
    { "/sandbox/refunds/", "/fail", "refund", false, refund_settle },
    { "/sandbox/disputes/", "/win", "dispute", true, dispute_close },
    { "/sandbox/disputes/", "/lose", "dispute", false, dispute_close },
};

/* The id that stands between the two; NULL: the path is another one. */
static const char *
verb_id(const struct request *request, const struct verb *verb)
{
    size_t size = strlen(request->path), head = strlen(verb->prefix),
           tail = strlen(verb->suffix);

    if (size <= head + tail || strncmp(request->path, verb->prefix, head) ||
        strcmp(request->path + size - tail, verb->suffix))
        return NULL;
    return pool_copy(request->pool, request->path + head, size - head - tail);
}

static void
verb_serve(struct request *request, struct answer *answer,
           const struct verb *verb, const char *id)
{
    const char *against = NULL;
    cJSON *object;

    store_begin();
    object = object_get(request->pool, verb->kind, id, NULL);
    if (object)
        against = verb->move(request->pool, object, verb->is_good);
    store_commit();
    if (!object)
        control_refuse(request, answer, 404,
                       pool_printf(request->pool, "no such %s", verb->kind));
    else if (against)
        control_refuse(request, answer, 409, against);
    else
        answer_tree(request, answer, 200, object);
}

/* What no rule of Stripe's allows; to see that its word is checked. */
static void
distort_serve(struct request *request, struct answer *answer, const char *id)
{
    cJSON *wishes = tree_parse(request->pool, request->body), *intent, *wish;

    store_begin();
    intent = object_get(request->pool, "payment_intent", id, NULL);
    cJSON_ArrayForEach(wish, wishes)
    {
        if (intent)
            tree_set(intent, wish->string, cJSON_Duplicate(wish, 1));
    }
    if (intent)
        object_update(request->pool, intent);
    store_commit();
    if (!intent)
        control_refuse(request, answer, 404, "no such payment_intent");
    else
        answer_tree(request, answer, 200, intent);
}

/* A JSON object's members as a form; those of an object as name[member]. */
static struct form
form_of(struct pool *pool, const cJSON *tree)
{
    struct form form = { 0 }, inner;
    const cJSON *item;
    size_t i;

    form.pairs = pool_alloc(pool, (strlen(tree_print(pool, tree)) + 1) *
                                      sizeof(*form.pairs));
    cJSON_ArrayForEach(item, tree)
    {
        if (!cJSON_IsObject(item)) {
            form.pairs[form.count++] = (struct form_pair){
                item->string, cJSON_IsString(item) ? item->valuestring
                                                   : tree_print(pool, item)
            };
            continue;
        }
        inner = form_of(pool, item);
        for (i = 0; i < inner.count; i++)
            form.pairs[form.count++] =
                (struct form_pair){ pool_printf(pool, "%s[%s]", item->string,
                                                inner.pairs[i].name),
                                    inner.pairs[i].value };
    }
    return form;
}

/* The same as by the API, but that no request stands in the events. */
static void
dashboard_serve(struct request *request, struct answer *answer,
                stripe_handler *handler)
{
    struct stripe_call call = { .request = request, .pool = request->pool };
    cJSON *body = tree_parse(request->pool, request->body);

    if (!cJSON_IsObject(body)) {
        control_refuse(request, answer, 400, "an object is wanted");
        return;
    }
    call.form = form_of(request->pool, body);
    store_begin();
    if (handler(&call))
        store_commit();
    else
        store_rollback();
    answer_tree(request, answer, call.status, call.body);
}

static bool
dispute_create(struct stripe_call *call)
{
    static const struct param params[] = {
        { "charge", PARAM_TEXT, 0, NULL },
        { "payment_intent", PARAM_TEXT, 0, NULL },
        { "reason", PARAM_CHOICE, 0,
          "credit_not_processed|duplicate|fraudulent|general|"
          "product_not_received|product_unacceptable|unrecognized" },
        { NULL, PARAM_TEXT, 0, NULL }
    };
    const char *reason = param_text(call, "reason");
    bool is_kept;
    cJSON *charge;

    if (!params_check(call, params) ||
        !(charge = refund_charge(call, &is_kept)))
        return false;
    call->status = 200;
    call->body = dispute_open(call->pool, tree_text(charge, "id"),
                              reason ? reason : "fraudulent");
    return call->body || stripe_refuse(call, 409, NULL, NULL,
                                       "The charge is disputed already.");
}

bool
control_money(struct request *request, struct answer *answer)
{
    static const struct verb distort = { "/sandbox/intents/", "/distort", NULL,
                                         false, NULL };
    const char *id;
    size_t i;

    if (strcmp(request->method, "POST"))
        return false;
    for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if ((id = verb_id(request, &verbs[i]))) {
            verb_serve(request, answer, &verbs[i], id);
            return true;
        }
    if ((id = verb_id(request, &distort)))
        distort_serve(request, answer, id);
    else if (!strcmp(request->path, "/sandbox/refunds"))
        dashboard_serve(request, answer, refund_create);
    else if (!strcmp(request->path, "/sandbox/disputes"))
        dashboard_serve(request, answer, dispute_create);
    else
        return false;
    return true;
}
