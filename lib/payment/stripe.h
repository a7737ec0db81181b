/*
 * Stripe's PaymentIntents (docs.stripe.com/api/payment_intents), as far as
 * Till uses them: made in one call, confirmed in a second, looked at.
 *
 * Every call returns OK with what Stripe said of the intent, or:
 * ERR_DECLINED     the parameters were fine, the card was not (402)
 * ERR_INVALID      the payment method can't be used as it was named
 * ERR_CONFLICT     the amount is smaller or larger than Stripe charges
 * ERR_UPSTREAM     Stripe doesn't take the request, as with a wrong amount;
 *                  only the shop can mend it. Nothing was charged.
 * ERR_NOT_FOUND    Stripe doesn't know this intent by the shop's key, which may
 *                  be another account's, or of the other mode, by now: what
 *                  was charged by it isn't known
 * ERR_UNKNOWN_OUTCOME  no answer, half an answer, or one that doesn't decide
 *                  (5xx, 424, 429, 409 while the same key is at work; 401 and
 *                  403, the shop's own key isn't let in): ask again with the
 *                  same key
 */
#ifndef TILL_STRIPE_H
#define TILL_STRIPE_H

#include "payment/refund.h"

/* Stripe's words for an intent's status. */
enum intent_status {
    INTENT_REQUIRES_PAYMENT_METHOD,
    INTENT_REQUIRES_CONFIRMATION,
    INTENT_REQUIRES_ACTION,
    INTENT_PROCESSING,
    INTENT_REQUIRES_CAPTURE,
    INTENT_SUCCEEDED,
    INTENT_CANCELED,
};

struct intent {
    const char *id;
    enum intent_status status;
    struct money amount, received;
    const char *order_id;      /* of its metadata, or NULL */
    const char *client_secret; /* never logged, never kept */
    const char *redirect_url;  /* the bank's page, or NULL; neither */
    bool is_live;
    bool is_replay; /* the answer that was kept for this key, once more */
    const char *code, *message; /* why the last confirmation failed, or NULL */
};

/* Reads the settings; dies where one is missing or makes no sense. */
void stripe_init(void);

/* Whether real money moves. */
bool stripe_is_live(void);

/* The payment method that is charged where a request names none, or NULL. */
const char *stripe_default_method(void);

/* Makes the payment's intent, unconfirmed: nothing is charged. */
enum err stripe_create(struct ctx *cx, const struct payment *payment,
                       struct intent *ret_intent);

/* Charges. An intent can succeed once, whatever happens to the keys. */
enum err stripe_confirm(struct ctx *cx, const struct payment *payment,
                        const struct attempt *attempt,
                        struct intent *ret_intent);

/* Looks at it; strongly consistent. */
enum err stripe_get(struct ctx *cx, const char *intent_id,
                    struct intent *ret_intent);

/* A refund as Stripe has it. */
struct stripe_refund {
    struct refund_news news;
    int64_t amount; /* minor units */
    int64_t number; /* of our refund, by its metadata; 0: not one of ours */
    bool is_replay; /* the answer that was kept for its key */
};

/*
 * Refunds; asked again with the same key it refunds nothing more.
 * ERR_CONFLICT: Stripe won't (ret_refund->news.message says why).
 */
enum err stripe_refund(struct ctx *cx, const struct payment *payment,
                       const struct refund *refund,
                       struct stripe_refund *ret_refund);

/* All refunds of an intent, wherever they were made; at most 100. */
enum err stripe_list_refunds(struct ctx *cx, const char *intent_id,
                             struct stripe_refund **ret_refunds,
                             size_t *ret_count);

/* A dispute as Stripe has it. */
struct stripe_dispute {
    const char *id, *status, *reason; /* Stripe's words */
    struct money amount;
};

/* All disputes about an intent's charges; at most 100. */
enum err stripe_list_disputes(struct ctx *cx, const char *intent_id,
                              struct stripe_dispute **ret_disputes,
                              size_t *ret_count);

/*
 * Cancels an intent: it can't succeed any more. Or returns what it is, where
 * that is too late: succeeded, or on its way.
 */
enum err stripe_cancel(struct ctx *cx, const char *intent_id,
                       struct intent *ret_intent);

/*
 * Why an intent that succeeded doesn't pay this payment: the amount received,
 * the currency, the order or the mode differ. NULL: it does.
 */
const char *stripe_objection(struct ctx *cx, const struct payment *payment,
                             const struct intent *intent);

#endif
