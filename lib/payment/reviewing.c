#include "payment/reviewing.h"

#include "payment/settlement.h"

enum err
reviewing_each(struct ctx *cx, struct payment_store *store,
               reviewing_function *on_payment, void *arg)
{
    struct order_ids page = { .count = ORDER_IDS };
    const char *after = NULL;
    enum err err;

    while (page.count == ORDER_IDS) {
        if ((err = store->reviewed(cx, store, after, &page)))
            return err;
        for (size_t i = 0; i < page.count; i++) {
            struct payment *payment;

            if ((err = store->get(cx, store, page.ids[i], &payment)))
                return err;
            on_payment(cx, payment, arg);
            after = page.ids[i];
        }
    }
    return OK;
}

/* Who has looked into it, and what they found. */
struct resolution {
    const char *by, *note;
};

static bool
resolve(struct payment *payment, const void *arg)
{
    const struct resolution *resolution = arg;

    return review_close_all(payment, resolution->by, resolution->note);
}

enum err
reviewing_resolve(struct ctx *cx, struct payment_store *store,
                  const char *order_id, const char *by, const char *note,
                  const struct payment **ret_payment)
{
    struct settlement work = { .store = store };
    struct resolution resolution = { by, note };
    enum err err;

    if ((err = store->get(cx, store, order_id, &work.payment)))
        return err;
    if (!review_is_open(work.payment))
        return fail(cx, ERR_NOT_FOUND, "no flag of this order is open");
    err = settlement_change(cx, &work, resolve, &resolution);
    *ret_payment = work.payment;
    return err;
}
