#include "stripe_refund.h"

#include <string.h>

#include "store.h"
#include "stripe_event.h"
#include "stripe_method.h"
#include "stripe_object.h"
#include "stripe_params.h"
#include "tree.h"

enum { RIPE_SECONDS = 30 };

static const struct param create_params[] = {
    { "amount", PARAM_INTEGER, 0, NULL },
    { "charge", PARAM_TEXT, 0, NULL },
    { "metadata", PARAM_MAP, 0, NULL },
    { "payment_intent", PARAM_TEXT, 0, NULL },
    { "reason", PARAM_CHOICE, 0, "duplicate|fraudulent|requested_by_customer" },
    { "currency", PARAM_ABSENT, 0, NULL },
    { "customer", PARAM_ABSENT, 0, NULL },
    { "expand", PARAM_ABSENT, 0, NULL },
    { "instructions_email", PARAM_ABSENT, 0, NULL },
    { "origin", PARAM_ABSENT, 0, NULL },
    { "refund_application_fee", PARAM_ABSENT, 0, NULL },
    { "reverse_transfer", PARAM_ABSENT, 0, NULL },
    { NULL, PARAM_TEXT, 0, NULL }
};

static cJSON *
charge_of_intent(struct stripe_call *call, const char *id, bool *ret_is_kept)
{
    cJSON *intent = object_get(call->pool, "payment_intent", id, NULL),
          *charge = NULL;
    const char *latest = tree_text(intent, "latest_charge");

    if (!intent) {
        stripe_missing(call, 400, "payment_intent", "payment_intent", id);
        return NULL;
    }
    if (latest)
        charge = object_get(call->pool, "charge", latest, NULL);
    if (charge && cJSON_IsTrue(tree_get(charge, "captured")))
        return charge;
    *ret_is_kept = true;
    stripe_refuse(call, 400, NULL, "payment_intent",
                  "This PaymentIntent (%s) does not have a successful charge "
                  "to refund.",
                  id);
    return NULL;
}

cJSON *
refund_charge(struct stripe_call *call, bool *ret_is_kept)
{
    const char *id = param_text(call, "charge"),
               *intent = param_text(call, "payment_intent");
    cJSON *charge;

    *ret_is_kept = false;
    if (!id == !intent) {
        stripe_refuse(call, 400, id ? NULL : "parameter_missing", NULL, "%s",
                      id ? "You may only specify one of these parameters: "
                           "charge, payment_intent."
                         : "One of the following params should be provided "
                           "for this request: payment_intent or charge.");
        return NULL;
    }
    if (intent)
        return charge_of_intent(call, intent, ret_is_kept);
    charge = object_get(call->pool, "charge", id, NULL);
    if (!charge)
        stripe_missing(call, 400, "charge", "charge", id);
    else if (cJSON_IsTrue(tree_get(charge, "captured")))
        return charge;
    else
        *ret_is_kept = !stripe_refuse(call, 400, NULL, "charge",
                                      "Charge %s took no money.", id);
    return NULL;
}

/* false: the call holds the reason. 0 left out of *amount: all that is left. */
static bool
amount_check(struct stripe_call *call, const cJSON *charge, long long *amount)
{
    long long whole = tree_number(charge, "amount_captured"),
              left = whole - tree_number(charge, "amount_refunded");
    const char *id = tree_text(charge, "id");

    if (cJSON_IsTrue(tree_get(charge, "disputed")))
        return stripe_refuse(call, 400, "charge_disputed", NULL,
                             "Charge %s has been charged back; cannot issue "
                             "a refund.",
                             id);
    if (left <= 0)
        return stripe_refuse(call, 400, "charge_already_refunded", NULL,
                             "Charge %s has already been refunded.", id);
    if (!*amount)
        *amount = left;
    if (*amount <= left)
        return true;
    return stripe_refuse(call, 400, NULL, "amount",
                         "Refund amount (%lld, in the smallest unit) is "
                         "greater than %s (%lld)",
                         *amount,
                         *amount > whole ? "charge amount"
                                         : "unrefunded amount on charge",
                         *amount > whole ? whole : left);
}

/* What the refunds of the charge sum up to has changed by `more`. */
static void
charge_refund(struct pool *pool, cJSON *charge, const char *event,
              long long more)
{
    static const char *const names[] = { "amount_refunded", "refunded" };
    long long amount = tree_number(charge, "amount_refunded") + more;
    cJSON *previous = cJSON_CreateObject();
    bool is_whole = amount == tree_number(charge, "amount_captured");
    size_t i;

    for (i = 0; i < 2; i++)
        if (!i || cJSON_IsTrue(tree_get(charge, "refunded")) != is_whole)
            tree_set(previous, names[i],
                     cJSON_Duplicate(tree_get(charge, names[i]), 1));
    tree_set_number(charge, "amount_refunded", amount);
    tree_set_bool(charge, "refunded", is_whole);
    object_update(pool, charge);
    event_emit(pool, event, charge, previous);
}

static cJSON *
refund_new(struct stripe_call *call, const cJSON *charge, long long amount,
           bool is_pending)
{
    cJSON *refund = pool_tree(call->pool, cJSON_CreateObject()),
          *details = cJSON_CreateObject();

    tree_set_text(details, "type", "card");
    tree_set_text(refund, "id", object_id(call->pool, "re_3"));
    tree_set_text(refund, "object", "refund");
    tree_set_number(refund, "amount", amount);
    tree_set_null(refund, "balance_transaction");
    tree_set_text(refund, "charge", tree_text(charge, "id"));
    tree_set_number(refund, "created", store_now());
    tree_set_text(refund, "currency", tree_text(charge, "currency"));
    tree_set(refund, "destination_details", details);
    tree_set(refund, "metadata", param_metadata(call));
    tree_set_text(refund, "payment_intent",
                  tree_text(charge, "payment_intent"));
    tree_set_text(refund, "reason", param_text(call, "reason"));
    tree_set_null(refund, "receipt_number");
    tree_set_null(refund, "source_transfer_reversal");
    tree_set_text(refund, "status", is_pending ? "pending" : "succeeded");
    tree_set_null(refund, "transfer_reversal");
    return refund;
}

/* The object's secret is what will come of it, for refunds_ripen(). */
static cJSON *
refund_make(struct stripe_call *call, cJSON *charge, long long amount)
{
    const struct instrument *instrument;
    const char *fate = NULL;
    cJSON *refund;

    method_get(call->pool, tree_text(charge, "payment_method"), &instrument);
    if (instrument->aftermath == AFTERMATH_REFUND_PENDING)
        fate = "succeed";
    if (instrument->aftermath == AFTERMATH_REFUND_FAILS)
        fate = "fail";
    refund = refund_new(call, charge, amount,
                        instrument->aftermath == AFTERMATH_REFUND_PENDING);
    object_insert(call->pool, refund, fate);
    event_emit(call->pool, "refund.created", refund, NULL);
    charge_refund(call->pool, charge, "charge.refunded", amount);
    return refund;
}

bool
refund_create(struct stripe_call *call)
{
    long long amount = param_integer(call, "amount", 0);
    bool is_kept;
    cJSON *charge;

    if (!params_check(call, create_params))
        return false;
    if (param_text(call, "amount") && amount < 1)
        return stripe_refuse(call, 400, "parameter_invalid_integer", "amount",
                             "This value must be greater than or equal to "
                             "1.");
    if (!(charge = refund_charge(call, &is_kept)))
        return is_kept;
    if (!amount_check(call, charge, &amount))
        return true;
    call->status = 200;
    call->body = refund_make(call, charge, amount);
    return true;
}

bool
refund_retrieve(struct stripe_call *call)
{
    call->status = 200;
    call->body = object_get(call->pool, "refund", call->id, NULL);
    return call->body || stripe_missing(call, 404, "refund", "id", call->id);
}

const char *
refund_settle(struct pool *pool, cJSON *refund, bool is_successful)
{
    const char *status = tree_text(refund, "status"),
               *next = is_successful ? "succeeded" : "failed";
    cJSON *previous, *charge;

    if (strcmp(status, "pending") &&
        (is_successful || strcmp(status, "succeeded")))
        return pool_printf(pool, "the refund is %s, so it can't become %s",
                           status, next);
    previous = pool_tree(pool, cJSON_CreateObject());
    tree_set_text(previous, "status", status);
    tree_set_text(refund, "status", next);
    if (!is_successful)
        tree_set_text(refund, "failure_reason", "unknown");
    object_update(pool, refund);
    object_keep_secret(tree_text(refund, "id"), NULL);
    event_emit(pool, "refund.updated", refund, cJSON_Duplicate(previous, 1));
    event_emit(pool, "charge.refund.updated", refund,
               cJSON_Duplicate(previous, 1));
    if (is_successful)
        return NULL;
    event_emit(pool, "refund.failed", refund, NULL);
    charge = object_get(pool, "charge", tree_text(refund, "charge"), NULL);
    charge_refund(pool, charge, "charge.updated",
                  -tree_number(refund, "amount"));
    return NULL;
}

/* The oldest refund that waits for its fate, NULL: none. */
static cJSON *
refund_waiting(struct pool *pool, char **ret_fate)
{
    sqlite3_stmt *query =
        store_query("SELECT body, secret FROM object WHERE kind = 'refund'"
                    " AND secret IS NOT NULL ORDER BY created, seq LIMIT 1",
                    "");
    cJSON *refund;

    if (!store_next(query))
        return NULL;
    refund = tree_parse(pool, (const char *)sqlite3_column_text(query, 0));
    *ret_fate = store_text(pool, query, 1);
    store_end(query);
    return refund;
}

long long
refunds_ripen(struct pool *pool)
{
    cJSON *refund;
    char *fate;
    long long ripe;

    while ((refund = refund_waiting(pool, &fate))) {
        ripe = tree_number(refund, "created") + RIPE_SECONDS;
        if (ripe > store_now())
            return ripe * 1000;
        refund_settle(pool, refund, !strcmp(fate, "succeed"));
    }
    return 0;
}
