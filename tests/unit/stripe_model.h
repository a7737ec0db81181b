/*
 * Stripe in the test's own process: http_send is this model's, so a test
 * decides what befalls each call, and who comes in between. It knows what
 * lib/payment uses: intents, refunds, disputes, events, idempotency keys.
 *
 * Events hold the object as it was then, as Stripe's do.
 */
#ifndef TILL_TESTS_STRIPE_MODEL_H
#define TILL_TESTS_STRIPE_MODEL_H

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "io/http.h"
#include "unit.h"

enum { MODEL_OBJECTS = 128, MODEL_EVENTS = 1024 };

/* Milliseconds for which a key is known; Stripe promises no more. */
enum { MODEL_KEY_LIFE = 24 * 3600 * 1000 };

#define MODEL_SECRET "whsec_model"

struct model_intent {
    const char *id, *order_id, *status, *currency, *error;
    int64_t amount, received;
    bool is_live;
};

struct model_refund {
    const char *id, *status, *number; /* number: of its metadata, or NULL */
    struct model_intent *intent;
    int64_t amount;
};

struct model_dispute {
    const char *id, *status;
    struct model_intent *intent;
};

struct model_event {
    const char *id, *body;
    int64_t created; /* seconds */
};

/* What befalls a call: it never comes, isn't carried out, isn't answered. */
enum model_fault { MODEL_PASS, MODEL_LOST, MODEL_BUSY, MODEL_UNHEARD };

static struct model {
    struct arena *arena; /* of one run */
    struct model_intent intents[MODEL_OBJECTS];
    struct model_refund refunds[MODEL_OBJECTS];
    struct model_dispute disputes[MODEL_OBJECTS];
    struct model_event events[MODEL_EVENTS];
    size_t intent_count, refund_count, dispute_count, event_count;
    size_t list_count; /* how often refunds or disputes were listed */
    struct {
        const char *key, *body;
        int status;
        int64_t made_at;
    } keys[MODEL_OBJECTS];
    size_t key_count;
    bool are_refunds_slow; /* they are pending first */

    enum model_fault (*fault)(void);
    void (*meanwhile)(void); /* before and after each call */
} model;

struct http_header {
    bool is_replay;
};

/* One call as the model takes it. */
struct model_call {
    const char *method, *path, *form;
    int status;
    const char *body;
};

#define MODEL_ERROR_DECLINED                                                   \
    "{\"type\":\"card_error\",\"code\":\"card_declined\","                     \
    "\"decline_code\":\"insufficient_funds\","                                 \
    "\"message\":\"Your card has insufficient funds.\"}"
#define MODEL_ERROR_BANK                                                       \
    "{\"type\":\"card_error\","                                                \
    "\"code\":\"payment_intent_payment_attempt_failed\","                      \
    "\"message\":\"The payment failed.\"}"

static inline const char *
model_id(const char *prefix, size_t count)
{
    return arena_printf(model.arena, "%s_%zu", prefix, count);
}

static inline const char *
model_intent_json(const struct model_intent *intent)
{
    return arena_printf(
        model.arena,
        "{\"id\":\"%s\",\"object\":\"payment_intent\",\"amount\":%lld,"
        "\"amount_received\":%lld,\"currency\":\"%s\",\"status\":\"%s\","
        "\"livemode\":%s,\"client_secret\":\"%s_secret\","
        "\"metadata\":{\"order_id\":\"%s\"},\"last_payment_error\":%s}",
        intent->id, (long long)intent->amount, (long long)intent->received,
        intent->currency, intent->status, intent->is_live ? "true" : "false",
        intent->id, intent->order_id, intent->error ? intent->error : "null");
}

static inline const char *
model_refund_json(const struct model_refund *refund)
{
    return arena_printf(
        model.arena,
        "{\"id\":\"%s\",\"object\":\"refund\",\"amount\":%lld,"
        "\"payment_intent\":\"%s\",\"status\":\"%s\",\"failure_reason\":%s,"
        "\"metadata\":{%s%s%s}}",
        refund->id, (long long)refund->amount, refund->intent->id,
        refund->status,
        strcmp(refund->status, "failed") ? "null" : "\"lost_or_stolen_card\"",
        refund->number ? "\"refund\":\"" : "",
        refund->number ? refund->number : "", refund->number ? "\"" : "");
}

static inline const char *
model_dispute_json(const struct model_dispute *dispute)
{
    return arena_printf(model.arena,
                        "{\"id\":\"%s\",\"object\":\"dispute\","
                        "\"amount\":%lld,\"currency\":\"%s\","
                        "\"payment_intent\":\"%s\",\"status\":\"%s\","
                        "\"reason\":\"fraudulent\"}",
                        dispute->id, (long long)dispute->intent->received,
                        dispute->intent->currency, dispute->intent->id,
                        dispute->status);
}

static inline const char *
model_event_json(const char *id, const char *type, bool is_live,
                 const char *object)
{
    return arena_printf(model.arena,
                        "{\"id\":\"%s\",\"object\":\"event\",\"type\":\"%s\","
                        "\"created\":%lld,\"livemode\":%s,"
                        "\"data\":{\"object\":%s}}",
                        id, type, (long long)(clock_now() / 1000),
                        is_live ? "true" : "false", object);
}

static inline void
model_emit(const char *type, const char *object)
{
    struct model_event *event = &model.events[model.event_count++];

    assert_true(model.event_count < MODEL_EVENTS);
    event->id = model_id("evt", model.event_count);
    event->created = clock_now() / 1000;
    event->body = model_event_json(event->id, type, false, object);
}

static inline void
model_emit_intent(const char *type, const struct model_intent *intent)
{
    model_emit(type, model_intent_json(intent));
}

static inline struct model_intent *
model_intent(const char *order_id, int64_t amount, const char *currency)
{
    struct model_intent *intent = &model.intents[model.intent_count++];

    assert_true(model.intent_count < MODEL_OBJECTS);
    *intent = (struct model_intent){
        .id = model_id("pi", model.intent_count),
        .order_id = arena_strdup(model.arena, order_id),
        .status = "requires_payment_method",
        .currency = arena_strdup(model.arena, currency),
        .amount = amount,
    };
    model_emit_intent("payment_intent.created", intent);
    return intent;
}

/* How a confirmation, or what the bank was asked, ends. */
static inline void
model_finish(struct model_intent *intent, bool is_paid, const char *error)
{
    intent->status = is_paid ? "succeeded" : "requires_payment_method";
    intent->received = is_paid ? intent->amount : 0;
    intent->error = is_paid ? NULL : error;
    model_emit_intent(is_paid ? "payment_intent.succeeded"
                              : "payment_intent.payment_failed",
                      intent);
}

static inline struct model_refund *
model_refund(struct model_intent *intent, int64_t amount, const char *number)
{
    struct model_refund *refund = &model.refunds[model.refund_count++];

    assert_true(model.refund_count < MODEL_OBJECTS);
    *refund = (struct model_refund){
        .id = model_id("re", model.refund_count),
        .status = model.are_refunds_slow ? "pending" : "succeeded",
        .number = number ? arena_strdup(model.arena, number) : NULL,
        .intent = intent,
        .amount = amount,
    };
    model_emit("refund.created", model_refund_json(refund));
    model_emit("charge.refunded",
               arena_printf(model.arena,
                            "{\"id\":\"ch_1\",\"object\":\"charge\","
                            "\"payment_intent\":\"%s\",\"metadata\":{}}",
                            intent->id));
    return refund;
}

static inline void
model_refund_becomes(struct model_refund *refund, const char *status)
{
    bool is_failed = !strcmp(status, "failed");

    refund->status = status;
    model_emit("refund.updated", model_refund_json(refund));
    model_emit("charge.refund.updated", model_refund_json(refund));
    if (is_failed)
        model_emit("refund.failed", model_refund_json(refund));
}

static inline struct model_dispute *
model_dispute(struct model_intent *intent)
{
    struct model_dispute *dispute = &model.disputes[model.dispute_count++];

    *dispute = (struct model_dispute){
        .id = model_id("du", model.dispute_count),
        .status = "needs_response",
        .intent = intent,
    };
    model_emit("charge.dispute.created", model_dispute_json(dispute));
    model_emit("charge.dispute.funds_withdrawn", model_dispute_json(dispute));
    return dispute;
}

static inline void
model_dispute_becomes(struct model_dispute *dispute, const char *status)
{
    dispute->status = status;
    model_emit("charge.dispute.closed", model_dispute_json(dispute));
    if (!strcmp(status, "won"))
        model_emit("charge.dispute.funds_reinstated",
                   model_dispute_json(dispute));
}

/* The value of a member of a form or a query, decoded; or NULL. */
static inline const char *
model_form(const char *form, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = form; at && *at; at = strchr(at, '&')) {
        at += *at == '&' || *at == '?';
        if (!strncmp(at, name, size) && at[size] == '=') {
            char *value = arena_strndup(model.arena, at + size + 1,
                                        strcspn(at + size + 1, "&"));
            char *to = value;

            for (const char *from = value; *from; from++) {
                unsigned byte = (unsigned char)*from;

                if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1)
                    from += 2;
                *to++ = (char)byte;
            }
            *to = '\0';
            return value;
        }
    }
    return NULL;
}

static inline int64_t
model_form_int(const char *form, const char *name)
{
    const char *value = model_form(form, name);
    int64_t number = 0;

    assert_true(value && text_to_int64(value, &number));
    return number;
}

static inline void
model_refuse(struct model_call *call, int status, const char *error)
{
    call->status = status;
    call->body = arena_printf(model.arena, "{\"error\":%s}", error);
}

static inline bool
model_is(const char *text, const char *wanted)
{
    return !strcmp(text, wanted);
}

static inline void
model_refuse_state(struct model_call *call, const struct model_intent *intent)
{
    model_refuse(call, 400,
                 arena_printf(model.arena,
                              "{\"type\":\"invalid_request_error\","
                              "\"code\":\"payment_intent_unexpected_state\","
                              "\"message\":\"It is %s.\","
                              "\"payment_intent\":%s}",
                              intent->status, model_intent_json(intent)));
}

/* The method's name says what comes of it. */
static inline void
model_confirm(struct model_call *call, struct model_intent *intent)
{
    const char *method = model_form(call->form, "payment_method");

    if (model_is(intent->status, "succeeded") ||
        model_is(intent->status, "processing") ||
        model_is(intent->status, "canceled")) {
        model_refuse_state(call, intent);
        return;
    }
    intent->error = NULL;
    if (model_is(method, "pm_good")) {
        model_finish(intent, true, NULL);
    } else if (model_is(method, "pm_declined")) {
        model_finish(intent, false, MODEL_ERROR_DECLINED);
        model_refuse(call, 402, intent->error);
        return;
    } else if (model_is(method, "pm_missing")) {
        model_refuse(call, 400, "{\"param\":\"payment_method\"}");
        return;
    } else {
        intent->status =
            model_is(method, "pm_3ds") ? "requires_action" : "processing";
        model_emit_intent(
            arena_printf(model.arena, "payment_intent.%s", intent->status),
            intent);
    }
    call->body = model_intent_json(intent);
}

static inline void
model_cancel(struct model_call *call, struct model_intent *intent)
{
    if (model_is(intent->status, "succeeded") ||
        model_is(intent->status, "processing") ||
        model_is(intent->status, "canceled")) {
        model_refuse_state(call, intent);
        return;
    }
    intent->status = "canceled";
    model_emit_intent("payment_intent.canceled", intent);
    call->body = model_intent_json(intent);
}

static inline struct model_intent *
model_intent_named(const char *id)
{
    for (size_t i = 0; i < model.intent_count; i++) {
        size_t size = strlen(model.intents[i].id);

        if (!strncmp(model.intents[i].id, id, size) &&
            (id[size] == '\0' || id[size] == '/'))
            return &model.intents[i];
    }
    return NULL;
}

static inline void
model_serve_intent(struct model_call *call)
{
    const char *id = call->path + strlen("/v1/payment_intents/");
    struct model_intent *intent = model_intent_named(id);

    if (!intent)
        model_refuse(call, 404, "{\"code\":\"resource_missing\"}");
    else if (strstr(id, "/confirm"))
        model_confirm(call, intent);
    else if (strstr(id, "/cancel"))
        model_cancel(call, intent);
    else
        call->body = model_intent_json(intent);
}

static inline void
model_serve_refund(struct model_call *call)
{
    const char *id = model_form(call->form, "payment_intent");
    struct model_intent *intent = model_intent_named(id);
    int64_t amount = model_form_int(call->form, "amount"), left;

    assert_non_null(intent);
    left = intent->received;
    for (size_t i = 0; i < model.refund_count; i++) {
        if (model.refunds[i].intent == intent &&
            !model_is(model.refunds[i].status, "failed"))
            left -= model.refunds[i].amount;
    }
    if (amount > left) {
        model_refuse(call, 400,
                     "{\"code\":\"charge_already_refunded\","
                     "\"message\":\"There is not so much left.\"}");
        return;
    }
    call->body = model_refund_json(model_refund(
        intent, amount, model_form(call->form, "metadata[refund]")));
}

/* A list of what belongs to the intent of the query, newest first. */
static inline void
model_serve_list(struct model_call *call, bool is_of_refunds)
{
    const char *id = model_form(strchr(call->path, '?'), "payment_intent");
    size_t count = is_of_refunds ? model.refund_count : model.dispute_count;
    struct text list;

    model.list_count++;
    text_init(&list, model.arena, MIB);
    for (size_t i = count; i-- > 0;) {
        const struct model_intent *intent =
            is_of_refunds ? model.refunds[i].intent : model.disputes[i].intent;

        if (id && !model_is(intent->id, id))
            continue;
        text_printf(&list, "%s%s", list.size ? "," : "",
                    is_of_refunds ? model_refund_json(&model.refunds[i])
                                  : model_dispute_json(&model.disputes[i]));
    }
    call->body = arena_printf(model.arena, "{\"data\":[%s],\"has_more\":false}",
                              list.bytes);
}

static inline void
model_serve_events(struct model_call *call)
{
    const char *query = strchr(call->path, '?');
    const char *after = model_form(query, "starting_after");
    int64_t from = model_form_int(query, "created[gte]");
    int64_t to = model_form_int(query, "created[lte]");
    int64_t room = model_form_int(query, "limit");
    struct text list;

    text_init(&list, model.arena, MIB);
    for (size_t i = model.event_count; i-- > 0;) {
        const struct model_event *event = &model.events[i];

        if (after) {
            after = model_is(after, event->id) ? NULL : after;
            continue;
        }
        if (event->created < from || event->created > to || room < 0)
            continue;
        if (room-- > 0)
            text_printf(&list, "%s%s", list.size ? "," : "", event->body);
    }
    call->body = arena_printf(model.arena, "{\"data\":[%s],\"has_more\":%s}",
                              list.bytes, room < 0 ? "true" : "false");
}

static inline void
model_serve(struct model_call *call)
{
    call->status = 200;
    if (!strncmp(call->path, "/v1/payment_intents/", 20))
        model_serve_intent(call);
    else if (model_is(call->path, "/v1/payment_intents"))
        call->body = model_intent_json(
            model_intent(model_form(call->form, "metadata[order_id]"),
                         model_form_int(call->form, "amount"),
                         model_form(call->form, "currency")));
    else if (model_is(call->path, "/v1/refunds"))
        model_serve_refund(call);
    else if (!strncmp(call->path, "/v1/refunds?", 12))
        model_serve_list(call, true);
    else if (!strncmp(call->path, "/v1/disputes?", 13))
        model_serve_list(call, false);
    else if (!strncmp(call->path, "/v1/events?", 11))
        model_serve_events(call);
    else
        fail_msg("the model doesn't know %s", call->path);
}

static inline void
model_keep(const char *key, int status, const char *body)
{
    assert_true(model.key_count < MODEL_OBJECTS);
    model.keys[model.key_count].key = arena_strdup(model.arena, key);
    model.keys[model.key_count].status = status;
    model.keys[model.key_count].made_at = clock_now();
    model.keys[model.key_count++].body = body;
}

/* The first answer to a key is kept, and repeated until it is forgotten. */
static inline bool
model_serve_once(struct model_call *call, const char *key)
{
    for (size_t i = 0; key && i < model.key_count; i++) {
        if (!model_is(model.keys[i].key, key))
            continue;
        if (clock_now() - model.keys[i].made_at < MODEL_KEY_LIFE) {
            call->status = model.keys[i].status;
            call->body = model.keys[i].body;
            return true;
        }
        if (strstr(call->path, "/confirm"))
            fail_msg("a card is asked again by a key that is forgotten");
    }
    model_serve(call);
    /* a key is of one account, and so is what it was used for */
    if (key && call->status != 404)
        model_keep(key, call->status, call->body);
    return false;
}

void
http_init(void)
{
}

bool
http_is_base(const char *base)
{
    (void)base;
    return true;
}

const char *
http_header(const struct http_answer *answer, const char *name)
{
    return answer->headers->is_replay && model_is(name, "Idempotent-Replayed")
               ? "true"
               : NULL;
}

/* A call's Idempotency-Key, or NULL. */
static inline const char *
model_key_of(const struct http_call *call)
{
    for (int i = 0; i < HTTP_HEADERS && call->headers[i]; i++) {
        if (!strncmp(call->headers[i], "Idempotency-Key: ", 17))
            return call->headers[i] + 17;
    }
    return NULL;
}

enum err
http_send(struct ctx *cx, const struct http_call *http,
          struct http_answer *ret_answer)
{
    struct model_call call = { http->method, http->path, http->body, 503,
                               "{\"error\":{\"message\":\"busy\"}}" };
    struct http_header *header = arena_new(model.arena, struct http_header);
    enum model_fault fault = model.fault();

    model.meanwhile();
    if (fault == MODEL_LOST || ctx_time_left(cx, 1) == 0)
        return fail(cx, ERR_UNAVAILABLE, "no connection");
    if (fault != MODEL_BUSY)
        header->is_replay = model_serve_once(&call, model_key_of(http));
    model.meanwhile();
    if (fault == MODEL_UNHEARD)
        return fail(cx, ERR_UNKNOWN_OUTCOME, "no answer");
    *ret_answer = (struct http_answer){
        .status = call.status,
        .body = arena_strdup(cx->arena, call.body),
        .size = strlen(call.body),
        .headers = header,
    };
    return OK;
}

/* The Stripe-Signature of a body, made at that time (milliseconds). */
static inline const char *
model_sign(const char *secret, const char *body, int64_t time)
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    const char *head =
        arena_printf(model.arena, "%lld.", (long long)(time / 1000));

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret,
                                strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)head,
                                  strlen(head));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body,
                                  strlen(body));
    crypto_auth_hmacsha256_final(&state, mac);
    return arena_printf(model.arena, "t=%lld,v1=%s", (long long)(time / 1000),
                        sodium_bin2hex(hex, sizeof hex, mac, sizeof mac));
}

#endif
