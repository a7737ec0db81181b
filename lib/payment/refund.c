#include "payment/refund.h"

#include <string.h>

#include "base/clock.h"
#include "payment/review.h"

static const char *const state_names[] = {
    [REFUND_SUBMITTED] = "Submitted", [REFUND_UNKNOWN] = "Unknown",
    [REFUND_PENDING] = "Pending",     [REFUND_FAILED] = "Failed",
    [REFUND_SUCCEEDED] = "Succeeded",
};

enum { STATES = sizeof state_names / sizeof *state_names };

const char *
refund_state_name(enum refund_state state)
{
    return state_names[state];
}

bool
refund_state_named(const char *name, enum refund_state *ret_state)
{
    for (int i = 0; i < STATES; i++) {
        if (!strcmp(state_names[i], name)) {
            *ret_state = (enum refund_state)i;
            return true;
        }
    }
    return false;
}

int64_t
refund_left(const struct payment *payment)
{
    int64_t left = payment->amount.minor;

    for (size_t i = 0; i < payment->refund_count; i++) {
        if (payment->refunds[i].state != REFUND_FAILED)
            left -= payment->refunds[i].amount;
    }
    return left;
}

int64_t
refund_done(const struct payment *payment)
{
    int64_t done = 0;

    for (size_t i = 0; i < payment->refund_count; i++) {
        if (payment->refunds[i].state == REFUND_SUCCEEDED)
            done += payment->refunds[i].amount;
    }
    return done;
}

bool
refund_has_failed(const struct payment *payment)
{
    for (size_t i = 0; i < payment->refund_count; i++) {
        if (payment->refunds[i].state == REFUND_FAILED)
            return true;
    }
    return false;
}

bool
refund_is_owed(const struct payment *payment)
{
    return payment->effects[EFFECT_MARK_PAID] == EFFECT_REFUSED &&
           refund_left(payment) > 0 && !refund_has_failed(payment);
}

/* Room for one more, at the end. */
static struct refund *
append(struct ctx *cx, struct payment *payment)
{
    size_t count = payment->refund_count;
    struct refund *refunds = arena_array(cx->arena, struct refund, count + 1);

    if (count > 0)
        memcpy(refunds, payment->refunds, count * sizeof *refunds);
    payment->refunds = refunds;
    payment->refund_count++;
    refunds[count].number = (int64_t)count + 1;
    refunds[count].submitted_at = clock_now();
    return &refunds[count];
}

enum err
refund_begin(struct ctx *cx, struct payment *payment, int64_t amount,
             const char *request_key, struct refund **ret_refund)
{
    struct refund *refund;

    if (payment->state != PAYMENT_SUCCEEDED)
        return fail(cx, ERR_CONFLICT, "this payment hasn't succeeded");
    if (payment->refund_count >= REFUNDS_MAX)
        return fail(cx, ERR_CONFLICT, "this payment has had %d refunds",
                    REFUNDS_MAX);
    if (amount > refund_left(payment))
        return fail_field(cx, "/amount", "is more than is left to refund");
    refund = append(cx, payment);
    refund->key = arena_printf(cx->arena, "till-%s-refund-%lld", payment->id,
                               (long long)refund->number);
    refund->request_key = request_key;
    refund->amount = amount;
    refund->state = REFUND_SUBMITTED;
    *ret_refund = refund;
    return OK;
}

void
refund_adopt(struct ctx *cx, struct payment *payment, int64_t amount,
             const struct refund_news *news)
{
    struct refund *refund;

    if (payment->refund_count >= REFUNDS_MAX)
        return; /* who refunds so often by hand knows what he does */
    refund = append(cx, payment);
    refund->key = arena_printf(cx->arena, "dashboard-%s", news->stripe_id);
    refund->amount = amount;
    refund->state = REFUND_SUBMITTED;
    refund_learn(payment, refund, news);
}

struct refund *
refund_of_request(const struct payment *payment, const char *request_key)
{
    for (size_t i = 0; request_key && i < payment->refund_count; i++) {
        struct refund *refund = &payment->refunds[i];

        /* one that was refused may be asked for again, with the same key */
        if (refund->state != REFUND_FAILED && refund->request_key &&
            !strcmp(refund->request_key, request_key))
            return refund;
    }
    return NULL;
}

struct refund *
refund_numbered(const struct payment *payment, int64_t number)
{
    return number >= 1 && (size_t)number <= payment->refund_count
               ? &payment->refunds[number - 1]
               : NULL;
}

struct refund *
refund_with_id(const struct payment *payment, const char *stripe_id)
{
    for (size_t i = 0; i < payment->refund_count; i++) {
        struct refund *refund = &payment->refunds[i];

        if (refund->stripe_id && !strcmp(refund->stripe_id, stripe_id))
            return refund;
    }
    return NULL;
}

/* The order is told unless it never was Paid; the customer always is. */
static void
succeed(const struct payment *payment, struct refund *refund)
{
    bool was_paid = payment->effects[EFFECT_MARK_PAID] != EFFECT_REFUSED;

    refund->effects[REFUND_MARK] = was_paid ? EFFECT_PENDING : EFFECT_DONE;
    refund->effects[REFUND_NOTIFY] = EFFECT_PENDING;
}

/*
 * Somebody counts on a refund that Stripe had taken, that an admin was told is
 * on its way, or that returns what came in too late. Only one that is refused
 * while an admin waits for the answer needs nobody else; and none is needed
 * any more where all has gone back in another way.
 */
static void
fail_promise(struct payment *payment, const struct refund *refund,
             enum refund_state was)
{
    struct review review = {
        .kind = REVIEW_REFUND,
        .subject = refund->stripe_id ? refund->stripe_id : refund->key,
        .text = refund->message ? refund->message : "Stripe gives no reason",
    };

    if (refund_left(payment) > 0 &&
        (was != REFUND_SUBMITTED || refund->stripe_id ||
         payment->effects[EFFECT_MARK_PAID] == EFFECT_REFUSED))
        review_raise(payment, &review);
}

bool
refund_learn(struct payment *payment, struct refund *refund,
             const struct refund_news *news)
{
    enum refund_state was = refund->state;

    if (news->state == refund->state ||
        (news->state < refund->state && news->state != REFUND_FAILED))
        return false;
    refund->state = news->state;
    refund->message = news->message;
    if (news->stripe_id)
        refund->stripe_id = news->stripe_id;
    if (news->state == REFUND_SUCCEEDED)
        succeed(payment, refund);
    if (news->state == REFUND_FAILED)
        fail_promise(payment, refund, was);
    return true;
}

bool
refund_is_open(const struct refund *refund)
{
    if (refund->state == REFUND_FAILED)
        return false;
    if (refund->state != REFUND_SUCCEEDED)
        return true;
    return refund->effects[REFUND_MARK] == EFFECT_PENDING ||
           refund->effects[REFUND_NOTIFY] == EFFECT_PENDING;
}
