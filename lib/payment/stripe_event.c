#include "payment/stripe_event.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/text.h"
#include "io/doc.h"
#include "io/secret.h"
#include "payment/stripe_call.h"

/* Seconds; Stripe's own libraries allow the same. */
enum { TOLERANCE = 300, SECRETS = 2, SECRET_MAX = 256 };

/* Milliseconds. */
enum { LIST_TIMEOUT = 10 * 1000 };

/*
 * What the inbox follows up (inbox.c); Stripe takes 20 at most. An account may
 * have many and large events of other things: too many for one turn, or too
 * much for one answer, would be so again in every turn.
 */
#define TYPE(name) "&types[]=" name
#define TYPES                                                                  \
    TYPE("payment_intent.amount_capturable_updated")                           \
    TYPE("payment_intent.canceled")                                            \
    TYPE("payment_intent.created")                                             \
    TYPE("payment_intent.partially_funded")                                    \
    TYPE("payment_intent.payment_failed")                                      \
    TYPE("payment_intent.processing")                                          \
    TYPE("payment_intent.requires_action")                                     \
    TYPE("payment_intent.succeeded")                                           \
    TYPE("charge.refunded")                                                    \
    TYPE("charge.refund.updated")                                              \
    TYPE("refund.created")                                                     \
    TYPE("refund.failed")                                                      \
    TYPE("refund.updated")                                                     \
    TYPE("charge.dispute.closed")                                              \
    TYPE("charge.dispute.created")                                             \
    TYPE("charge.dispute.funds_reinstated")                                    \
    TYPE("charge.dispute.funds_withdrawn")                                     \
    TYPE("charge.dispute.updated")

static char secrets[SECRETS][SECRET_MAX];

void
stripe_event_init(void)
{
    const char *list = config_text(SETTING_STRIPE_WEBHOOK_SECRET);

    memset(secrets, 0, sizeof secrets);
    for (int i = 0; list && i < SECRETS; i++) {
        size_t size = strcspn(list, ",");

        if (size < SECRET_MAX)
            memcpy(secrets[i], list, size);
        list = list[size] ? list + size + 1 : NULL;
    }
}

/* Any secret may have made it: one is being replaced by the other. */
static bool
is_signed_by_us(const char *bytes, size_t size, const char *hex)
{
    bool is_right = false;

    for (int i = 0; i < SECRETS; i++) {
        if (*secrets[i])
            is_right |= signature_is_right(secrets[i], bytes, size, hex);
    }
    return is_right;
}

/* The header is "t=1700000000,v1=hex[,v1=hex...][,v0=...]". */
static enum err
check(struct ctx *cx, const char *header, const char *bytes, size_t size)
{
    char *rest = arena_strdup(cx->arena, header ? header : ""), *part;
    const char *time = NULL;
    struct text signed_bytes;
    bool is_right = false;
    int64_t seconds;

    while ((part = strsep(&rest, ","))) {
        if (!strncmp(part, "t=", 2) && !time) {
            time = part + 2;
            text_init(&signed_bytes, cx->arena, size + KIB);
            text_add(&signed_bytes, time);
            text_add_char(&signed_bytes, '.');
            text_add_bytes(&signed_bytes, bytes, size);
        } else if (!strncmp(part, "v1=", 3) && time) {
            is_right |= is_signed_by_us(signed_bytes.bytes, signed_bytes.size,
                                        part + 3);
        }
    }
    if (!is_right || !text_to_int64(time, &seconds))
        return fail(cx, ERR_MALFORMED, "the signature does not fit");
    if (seconds < clock_now() / 1000 - TOLERANCE)
        return fail(cx, ERR_MALFORMED, "the signature is too old");
    return OK;
}

/* An intent is the object itself; charges, refunds, disputes name theirs. */
static const char *
intent_id_of(const struct doc *object)
{
    const char *kind = doc_text(doc_at(object, "object"));

    if (kind && !strcmp(kind, "payment_intent"))
        return doc_text(doc_at(object, "id"));
    return doc_text(doc_at(object, "payment_intent"));
}

/* ERR_UPSTREAM: it isn't an event. */
static enum err
read_event(struct ctx *cx, const struct doc *doc,
           struct stripe_event *ret_event)
{
    const struct doc *object = doc_at(doc, "data.object");
    int64_t created;

    ret_event->id = doc_text(doc_at(doc, "id"));
    ret_event->type = doc_text(doc_at(doc, "type"));
    if (!ret_event->id || !ret_event->type || !object ||
        !doc_int(doc_at(doc, "created"), &created))
        return fail(cx, ERR_UPSTREAM, "not an event of Stripe's");
    ret_event->created = created * 1000;
    ret_event->is_live = doc_is_true(doc_at(doc, "livemode"));
    ret_event->order_id = doc_text(doc_at(object, "metadata.order_id"));
    ret_event->intent_id = intent_id_of(object);
    return OK;
}

enum err
stripe_event_read(struct ctx *cx, const char *signature, const char *bytes,
                  size_t size, struct stripe_event *ret_event)
{
    const struct doc *doc;
    enum err err;

    if (!*secrets[0])
        return fail(cx, ERR_UNAVAILABLE, "STRIPE_WEBHOOK_SECRET is not set");
    /* before anything is parsed: only Stripe may make us work */
    if ((err = check(cx, signature, bytes, size)))
        return err;
    if ((err = doc_parse(cx, bytes, size, &doc)))
        return err;
    if (read_event(cx, doc, ret_event)) {
        ctx_forgive(cx);
        return fail(cx, ERR_MALFORMED, "the body is not an event");
    }
    return OK;
}

/* One that can't be read must not keep those behind it from being heard. */
static void
take(struct ctx *cx, const struct doc *doc, struct stripe_events *page)
{
    struct stripe_event *event = &page->events[page->count];

    if (!read_event(cx, doc, event)) {
        page->count++;
        return;
    }
    log_event(cx, "error", "an event of Stripe's can't be read");
    ctx_forgive(cx);
}

enum err
stripe_event_list(struct ctx *cx, int64_t from, int64_t to, const char *after,
                  struct stripe_events *ret_events)
{
    struct stripe_call call = { .method = "GET", .timeout = LIST_TIMEOUT };
    struct stripe_answer answer;
    size_t seen = 0;
    enum err err;

    call.path = arena_printf(
        cx->arena,
        "/v1/events?limit=%d&created[gte]=%lld&created[lte]=%lld%s%s" TYPES,
        STRIPE_EVENTS, (long long)(from / 1000), (long long)(to / 1000),
        after ? "&starting_after=" : "", after ? after : "");
    if ((err = stripe_send(cx, &call, &answer)))
        return err;
    *ret_events = (struct stripe_events){ .count = 0 };
    for (const struct doc *doc = doc_first(doc_at(answer.doc, "data"));
         doc && seen < STRIPE_EVENTS; doc = doc_next(doc), seen++) {
        ret_events->last = doc_text(doc_at(doc, "id"));
        take(cx, doc, ret_events);
    }
    /* without an id there is no next page to ask for */
    ret_events->has_more = doc_is_true(doc_at(answer.doc, "has_more"));
    if (ret_events->has_more && !ret_events->last)
        return fail(cx, ERR_UPSTREAM, "Stripe's list of events can't be read");
    return OK;
}
