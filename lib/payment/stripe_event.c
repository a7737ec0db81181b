#include "payment/stripe_event.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/text.h"
#include "io/secret.h"

/* Seconds; Stripe's own libraries allow the same. */
enum { TOLERANCE = 300, SECRETS = 2, SECRET_MAX = 256 };

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

enum err
stripe_event_of(struct ctx *cx, const struct doc *doc,
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
    if (stripe_event_of(cx, doc, ret_event)) {
        ctx_forgive(cx);
        return fail(cx, ERR_MALFORMED, "the body is not an event");
    }
    return OK;
}
