#include "payment/review.h"

#include <string.h>

#include "base/clock.h"

static const char *const kind_names[] = {
    [REVIEW_MISMATCH] = "Mismatch", [REVIEW_STRAY] = "Stray",
    [REVIEW_DISPUTE] = "Dispute",   [REVIEW_REFUND] = "RefundFailed",
    [REVIEW_REFUSED] = "Refused",
};

enum { KINDS = sizeof kind_names / sizeof *kind_names };

const char *
review_kind_name(enum review_kind kind)
{
    return kind_names[kind];
}

bool
review_kind_named(const char *name, enum review_kind *ret_kind)
{
    for (int i = 0; i < KINDS; i++) {
        if (!strcmp(kind_names[i], name)) {
            *ret_kind = (enum review_kind)i;
            return true;
        }
    }
    return false;
}

/* The one of this kind and subject, or NULL. */
static struct review *
find(const struct payment *payment, enum review_kind kind, const char *subject)
{
    for (size_t i = 0; i < payment->review_count; i++) {
        struct review *review = &payment->reviews[i];

        if (review->kind == kind && !strcmp(review->subject, subject))
            return review;
    }
    return NULL;
}

bool
review_raise(struct payment *payment, const struct review *review)
{
    struct review *known = find(payment, review->kind, review->subject);

    if (known && !strcmp(known->text, review->text))
        return false;
    if (!known && payment->review_count == REVIEWS_MAX)
        return false; /* a person looks at twenty others */
    if (!known)
        known = &payment->reviews[payment->review_count++];
    *known = (struct review){
        .kind = review->kind,
        .subject = review->subject,
        .text = review->text,
        .raised_at = clock_now(),
        .is_news = true,
    };
    return true;
}

static bool
close_one(struct review *review, const char *by, const char *note)
{
    if (!review || review->closed_at)
        return false;
    review->closed_at = clock_now();
    review->closed_by = by;
    review->note = note;
    return true;
}

bool
review_close(struct payment *payment, enum review_kind kind,
             const char *subject, const char *by, const char *note)
{
    return close_one(find(payment, kind, subject), by, note);
}

bool
review_close_all(struct payment *payment, const char *by, const char *note)
{
    bool is_new = false;

    for (size_t i = 0; i < payment->review_count; i++)
        is_new |= close_one(&payment->reviews[i], by, note);
    return is_new;
}

bool
review_is_open(const struct payment *payment)
{
    for (size_t i = 0; i < payment->review_count; i++) {
        if (!payment->reviews[i].closed_at)
            return true;
    }
    return false;
}

static struct review *
find_of_intent(const struct payment *payment)
{
    return payment->intent_id
               ? find(payment, REVIEW_MISMATCH, payment->intent_id)
               : NULL;
}

const struct review *
review_of_intent(const struct payment *payment)
{
    return find_of_intent(payment);
}

bool
review_withdraw_of_intent(struct payment *payment)
{
    struct review *review = find_of_intent(payment), *end;

    if (!review || review->closed_at)
        return false;
    end = &payment->reviews[payment->review_count--];
    memmove(review, review + 1, (size_t)(end - review - 1) * sizeof *review);
    return true;
}

bool
review_stops(const struct payment *payment)
{
    for (size_t i = 0; i < payment->review_count; i++) {
        const struct review *review = &payment->reviews[i];

        if (review->kind == REVIEW_STRAY && !review->closed_at)
            return true;
    }
    return review_of_intent(payment);
}
