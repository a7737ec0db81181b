#include "payment/payment.h"

#include <string.h>

#include "base/clock.h"
#include "payment/refund.h"
#include "payment/review.h"

/*
 * Milliseconds between two looks; a pause is half the age of what is open, up
 * to a limit: with a bank it takes days, with us or with a doubt somebody
 * waits. Where nobody may ever go on there is no limit.
 */
enum {
    PAUSE_LEAST = 2 * 1000,
    PAUSE_MOST = 30 * 1000,
    PAUSE_OF_BANK = 60 * 1000,
    PAUSE_OF_BANK_MOST = 30 * 60 * 1000,
};

static const char *const state_names[] = {
    [PAYMENT_CREATED] = "Created",
    [PAYMENT_SUBMITTED] = "Submitted",
    [PAYMENT_UNKNOWN] = "Unknown",
    [PAYMENT_REQUIRES_ACTION] = "RequiresAction",
    [PAYMENT_PROCESSING] = "Processing",
    [PAYMENT_REJECTED] = "Rejected",
    [PAYMENT_FAILED] = "Failed",
    [PAYMENT_CANCELED] = "Canceled",
    [PAYMENT_SUCCEEDED] = "Succeeded",
};
static const char *const kind_names[] = {
    [EFFECT_MARK_PAID] = "MarkPaid",
    [EFFECT_NOTIFY] = "Notify",
};
static const char *const effect_names[] = {
    [EFFECT_NONE] = "None",
    [EFFECT_PENDING] = "Pending",
    [EFFECT_DONE] = "Done",
    [EFFECT_REFUSED] = "Refused",
};

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/*
 * How far along a state is. News of a lower rank are old news: Stripe's
 * answers and events may overtake each other.
 */
static const int ranks[] = {
    [PAYMENT_CREATED] = 0,    [PAYMENT_SUBMITTED] = 1,
    [PAYMENT_UNKNOWN] = 2,    [PAYMENT_REQUIRES_ACTION] = 3,
    [PAYMENT_PROCESSING] = 4, [PAYMENT_REJECTED] = 5,
    [PAYMENT_FAILED] = 5,     [PAYMENT_CANCELED] = 6,
    [PAYMENT_SUCCEEDED] = 7,
};

/* The index of name in names, or -1. */
static int
find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (!strcmp(names[i], name))
            return i;
    }
    return -1;
}

const char *
payment_state_name(enum payment_state state)
{
    return state_names[state];
}

bool
payment_state_named(const char *name, enum payment_state *ret_state)
{
    int found = find(state_names, COUNT(state_names), name);

    if (found >= 0)
        *ret_state = (enum payment_state)found;
    return found >= 0;
}

const char *
effect_kind_name(enum effect_kind kind)
{
    return kind_names[kind];
}

const char *
effect_state_name(enum effect_state state)
{
    return effect_names[state];
}

bool
effect_kind_named(const char *name, enum effect_kind *ret_kind)
{
    int found = find(kind_names, COUNT(kind_names), name);

    if (found >= 0)
        *ret_kind = (enum effect_kind)found;
    return found >= 0;
}

bool
effect_state_named(const char *name, enum effect_state *ret_state)
{
    int found = find(effect_names, COUNT(effect_names), name);

    if (found >= 0)
        *ret_state = (enum effect_state)found;
    return found >= 0;
}

struct payment *
payment_new(struct ctx *cx, const char *order_id, const char *user_id,
            struct money amount)
{
    struct payment *payment = arena_new(cx->arena, struct payment);

    payment->id = arena_printf(cx->arena, "pay_%s", order_id);
    payment->order_id = order_id;
    payment->user_id = user_id;
    payment->amount = amount;
    payment->state = PAYMENT_CREATED;
    payment->intent_number = 1;
    payment->reviews = arena_array(cx->arena, struct review, REVIEWS_MAX);
    payment->version = 1;
    payment->created_at = payment->updated_at = clock_now();
    return payment;
}

const char *
payment_create_key(struct ctx *cx, const struct payment *payment)
{
    return arena_printf(cx->arena, "till-%s-create-%lld", payment->id,
                        (long long)payment->intent_number);
}

struct attempt *
payment_last_attempt(const struct payment *payment)
{
    return payment->attempt_count > 0
               ? &payment->attempts[payment->attempt_count - 1]
               : NULL;
}

enum err
payment_begin_attempt(struct ctx *cx, struct payment *payment,
                      const char *payment_method, const char *return_url)
{
    size_t count = payment->attempt_count;
    struct attempt *attempts, *attempt;

    if (count == ATTEMPTS_MAX)
        return fail(cx, ERR_CONFLICT,
                    "this order was tried %d times; no more are taken",
                    ATTEMPTS_MAX);
    attempts = arena_array(cx->arena, struct attempt, count + 1);
    if (count > 0)
        memcpy(attempts, payment->attempts, count * sizeof *attempts);
    attempt = &attempts[count];
    attempt->number = (int64_t)count + 1;
    attempt->key = arena_printf(cx->arena, "till-%s-confirm-%lld", payment->id,
                                (long long)attempt->number);
    attempt->payment_method = payment_method;
    attempt->return_url = return_url;
    attempt->state = PAYMENT_SUBMITTED;
    attempt->submitted_at = clock_now();
    payment->attempts = attempts;
    payment->attempt_count++;
    payment->state = PAYMENT_SUBMITTED;
    return OK;
}

bool
payment_is_doubtful(const struct payment *payment)
{
    return payment->state == PAYMENT_SUBMITTED ||
           payment->state == PAYMENT_UNKNOWN;
}

static bool
has_pending_effect(const struct payment *payment)
{
    for (int kind = 0; kind < EFFECTS; kind++) {
        if (payment->effects[kind] == EFFECT_REFUSED)
            return false; /* what comes after it needs a person */
        if (payment->effects[kind] == EFFECT_PENDING)
            return true;
    }
    return false;
}

static bool
has_open_refund(const struct payment *payment)
{
    for (size_t i = 0; i < payment->refund_count; i++) {
        if (refund_is_open(&payment->refunds[i]))
            return true;
    }
    return refund_is_owed(payment);
}

bool
payment_has_open_intent(const struct payment *payment)
{
    return payment->intent_id && !review_stops(payment) &&
           (payment->state == PAYMENT_CREATED ||
            payment->state == PAYMENT_REQUIRES_ACTION ||
            payment->state == PAYMENT_REJECTED ||
            payment->state == PAYMENT_FAILED);
}

/* When what is open was begun: the younger, the sooner it is looked at. */
static int64_t
open_since(const struct payment *payment)
{
    const struct attempt *last = payment_last_attempt(payment);

    if (payment->refund_count > 0)
        return payment->refunds[payment->refund_count - 1].submitted_at;
    return last ? last->submitted_at : payment->created_at;
}

/* Whether its intent isn't as it should be, which nobody has closed yet. */
static bool
is_looked_into(const struct payment *payment)
{
    const struct review *mismatch = review_of_intent(payment);

    return mismatch && !mismatch->closed_at;
}

/* The shortest pause before the next look; -1: there is nothing to look at. */
static int64_t
least_pause(const struct payment *payment)
{
    if (payment->state == PAYMENT_SUCCEEDED)
        return has_pending_effect(payment) || has_open_refund(payment)
                   ? PAUSE_LEAST
                   : -1;
    /* while a person looks into it, Stripe may know better some day */
    if (is_looked_into(payment))
        return PAUSE_OF_BANK;
    if (review_stops(payment))
        return -1;
    if (payment_is_doubtful(payment))
        return PAUSE_LEAST;
    /* the customer's bank, or the customer, takes its time */
    if (payment->state == PAYMENT_PROCESSING ||
        payment_has_open_intent(payment))
        return PAUSE_OF_BANK;
    return -1;
}

/* Whether the next step is ours, or there is a doubt; else a bank's turn. */
static bool
is_urgent(const struct payment *payment)
{
    for (size_t i = 0; i < payment->refund_count; i++) {
        const struct refund *refund = &payment->refunds[i];

        if (refund_is_open(refund) && refund->state != REFUND_PENDING)
            return true;
    }
    return payment_is_doubtful(payment) || has_pending_effect(payment) ||
           refund_is_owed(payment);
}

/* The longest one. */
static int64_t
most_pause(const struct payment *payment)
{
    if (payment->state != PAYMENT_SUCCEEDED && is_looked_into(payment))
        return PAUSE_OF_BANK_MOST;
    if (is_urgent(payment))
        return PAUSE_MOST;
    if (payment_has_open_intent(payment) &&
        payment->state != PAYMENT_REQUIRES_ACTION)
        return INT64_MAX;
    return PAUSE_OF_BANK_MOST;
}

int64_t
payment_due(const struct payment *payment, int64_t now)
{
    int64_t most = most_pause(payment);
    int64_t pause = (now - open_since(payment)) / 2;
    int64_t least = least_pause(payment);

    if (least < 0)
        return 0;
    if (pause < least)
        pause = least;
    return now + (pause < most ? pause : most);
}

static bool
learn_attempt(struct attempt *attempt, const struct intent_news *news)
{
    if (ranks[news->state] <= ranks[attempt->state])
        return false;
    attempt->state = news->state;
    attempt->code = news->code;
    attempt->message = news->message;
    return true;
}

/* Success brings what follows from it; what is under way stays as it is. */
static void
succeed(struct payment *payment)
{
    payment->state = PAYMENT_SUCCEEDED;
    for (int kind = 0; kind < EFFECTS; kind++) {
        if (payment->effects[kind] == EFFECT_NONE)
            payment->effects[kind] = EFFECT_PENDING;
    }
}

/*
 * After a failure only the browser can have gone on, with an attempt of its
 * own: a look tells. Should that be old news, the next look will say so.
 */
static bool
is_gone_on(const struct payment *payment, const struct intent_news *news)
{
    return news->attempt_number == 0 &&
           (payment->state == PAYMENT_FAILED ||
            payment->state == PAYMENT_REJECTED) &&
           (news->state == PAYMENT_REQUIRES_ACTION ||
            news->state == PAYMENT_PROCESSING);
}

bool
payment_learn(struct payment *payment, const struct intent_news *news)
{
    struct attempt *last = payment_last_attempt(payment);
    bool is_of_last = last && (news->attempt_number == 0 ||
                               news->attempt_number == last->number);
    bool is_new = false;

    /* never Paid by it: a person must look */
    if (news->review)
        return review_raise(payment, news->review);
    if (is_of_last)
        is_new = learn_attempt(last, news);
    if (is_gone_on(payment, news)) {
        payment->state = news->state;
        return true;
    }
    if (ranks[news->state] <= ranks[payment->state])
        return is_new;
    if (news->state == PAYMENT_SUCCEEDED)
        succeed(payment);
    else if (is_of_last || !last)
        payment->state = news->state;
    else
        return is_new; /* of an attempt that was followed by another */
    return true;
}
