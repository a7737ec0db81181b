#include "notification/gmail.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/writer.h"
#include "io/doc.h"
#include "io/http.h"
#include "io/secret.h"
#include "notification/gmail_token.h"
#include "notification/notification_store.h"

#define DRAFTS "/gmail/v1/users/me/drafts"

enum { TIMEOUT = 20 * 1000, DRAFT_ID_MAX = 128, MESSAGE_MAX = MIB };

/* Seconds without sending: over the quota a minute, over that of the day. */
enum { QUOTA_PAUSE = 15, DAY_QUOTA_PAUSE = 3600 };

/* What a call asks for; what it got. */
struct call {
    const char *method, *path;
    const char *body; /* JSON, or NULL */
    bool is_once;
};

static enum err
send_call(struct ctx *cx, const struct call *call, const char *token,
          struct http_answer *ret_answer)
{
    struct http_call http = {
        .peer = METRIC_GMAIL,
        .method = call->method,
        .base = config_required(SETTING_GMAIL_API_BASE),
        .path = call->path,
        .content_type = "application/json",
        .body = call->body,
        .body_size = call->body ? strlen(call->body) : 0,
        .timeout = TIMEOUT,
        .is_once = call->is_once,
    };

    http.headers[0] =
        arena_printf(cx->arena, "Authorization: Bearer %s", token);
    return http_send(cx, &http, ret_answer);
}

/* The word that says what kind of error it is; "" where there is none. */
static const char *
reason_of(const struct doc *doc)
{
    const char *reason =
        doc_text(doc_at(doc_first(doc_at(doc, "error.errors")), "reason"));

    return reason ? reason : "";
}

static bool
is_over_quota(int status, const char *reason)
{
    return status == 429 ||
           (status == 403 && (!strcmp(reason, "rateLimitExceeded") ||
                              !strcmp(reason, "userRateLimitExceeded") ||
                              !strcmp(reason, "dailyLimitExceeded")));
}

/* Over a quota: for how long. */
static enum err
paused(struct ctx *cx, const struct http_answer *answer, const struct doc *doc,
       const char *message)
{
    bool is_of_day = !strcmp(reason_of(doc), "dailyLimitExceeded") ||
                     strstr(message, "(Mail sending)");

    cx->retry_after = answer->retry_after;
    if (!cx->retry_after)
        cx->retry_after = is_of_day ? DAY_QUOTA_PAUSE : QUOTA_PAUSE;
    return fail(cx, ERR_TOO_MANY, "Gmail's quota: %.200s", message);
}

/* developers.google.com/workspace/gmail/api/guides/handle-errors */
static enum err
refused(struct ctx *cx, const struct http_answer *answer)
{
    const struct doc *doc = NULL;
    const char *message;
    int64_t code;

    if (doc_parse(cx, answer->body, answer->size, &doc))
        ctx_forgive(cx);
    message = doc_text(doc_at(doc, "error.message"));
    if (!message)
        message = "no reason given";
    if (is_over_quota(answer->status, reason_of(doc)))
        return paused(cx, answer, doc, message);
    cx->retry_after = answer->retry_after;
    /* Gmail's own 404, not that of something in between */
    if (answer->status == 404 && doc_int(doc_at(doc, "error.code"), &code) &&
        code == 404)
        return fail(cx, ERR_NOT_FOUND, "Gmail has no such draft");
    /* "Mail service not enabled": a 400 that isn't this mail's fault */
    if (answer->status == 401 || answer->status == 403 ||
        !strcmp(reason_of(doc), "failedPrecondition"))
        return fail(cx, ERR_UNAUTHENTICATED,
                    "Gmail refuses the account: status %d, %.200s",
                    answer->status, message);
    if (answer->status == 400 || answer->status == 413)
        return fail(cx, ERR_INVALID, "Gmail refuses the mail: %.200s", message);
    return fail(cx, ERR_UNKNOWN_OUTCOME, "Gmail: status %d, %.200s",
                answer->status, message);
}

/* A call with the shared token; one that is refused is renewed once. */
static enum err
ask(struct ctx *cx, const struct mail_gateway *gateway, const struct call *call,
    struct http_answer *ret_answer)
{
    const char *token;
    enum err err;

    for (int tries = 0;; tries++) {
        if ((err = gmail_token_get(cx, gateway, &token)) ||
            (err = send_call(cx, call, token, ret_answer)))
            return err;
        if (ret_answer->status >= 200 && ret_answer->status < 300)
            return OK;
        if (ret_answer->status != 401 || tries > 0)
            return refused(cx, ret_answer);
        if ((err = gmail_token_forget(cx, gateway, token)))
            return err;
    }
}

/* Ids go back into paths: only what needs no encoding is taken for one. */
static bool
is_draft_id(const char *id)
{
    size_t size = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return size > 0 && size <= DRAFT_ID_MAX && !id[size];
}

/* What mails nobody can be done again: its outcome needn't be known. */
static enum err
harmless(enum err err)
{
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

static enum err
draft(struct ctx *cx, const struct mail_gateway *gateway,
      const struct parcel *parcel, const char **ret_draft_id)
{
    struct call call = { .method = "POST", .path = DRAFTS };
    const struct doc *doc = NULL;
    struct http_answer answer;
    struct writer writer;
    struct text body;
    const char *id;
    enum err err;

    text_init(&body, cx->arena, MESSAGE_MAX);
    writer_init(&writer, &body);
    writer_object(&writer, NULL);
    writer_object(&writer, "message");
    writer_text(&writer, "raw",
                base64url_encode(cx->arena, parcel->bytes, parcel->size));
    writer_object_end(&writer);
    writer_object_end(&writer);
    call.body = body.bytes;
    err = harmless(ask(cx, gateway, &call, &answer));
    if (err == ERR_NOT_FOUND) {
        ctx_forgive(cx);
        return fail(cx, ERR_UNAVAILABLE, "GMAIL_API_BASE has no drafts");
    }
    if (err)
        return err;
    if (doc_parse(cx, answer.body, answer.size, &doc))
        ctx_forgive(cx);
    id = doc_text(doc_at(doc, "id"));
    if (!id || !is_draft_id(id))
        return fail(cx, ERR_UNAVAILABLE, "Gmail's draft has no id");
    *ret_draft_id = id;
    return OK;
}

static enum err
send_draft(struct ctx *cx, const struct mail_gateway *gateway,
           const char *draft_id, const struct parcel *parcel)
{
    struct call call = {
        .method = "POST",
        .path = DRAFTS "/send",
        .body = arena_printf(cx->arena, "{\"id\":\"%s\"}", draft_id),
        /* sent twice unseen, the second answer would say: no such draft */
        .is_once = true,
    };
    struct http_answer answer;

    (void)parcel;
    return ask(cx, gateway, &call, &answer);
}

static enum err
discard(struct ctx *cx, const struct mail_gateway *gateway,
        const char *draft_id)
{
    struct call call = {
        .method = "DELETE",
        .path = arena_printf(cx->arena, DRAFTS "/%s", draft_id),
    };
    struct http_answer answer;
    enum err err = harmless(ask(cx, gateway, &call, &answer));

    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    return OK;
}

/* The notification that an old draft was made for; NULL: not one of ours. */
static enum err
look_into(struct ctx *cx, const struct mail_gateway *gateway,
          const char *draft_id, int64_t before, const char **ret_for)
{
    struct call call = {
        .method = "GET",
        .path = arena_printf(cx->arena, DRAFTS "/%s?format=metadata", draft_id),
    };
    const struct doc *doc = NULL, *header;
    struct http_answer answer;
    const char *made;
    enum err err;

    *ret_for = NULL;
    if ((err = harmless(ask(cx, gateway, &call, &answer))))
        return err;
    if (doc_parse(cx, answer.body, answer.size, &doc))
        ctx_forgive(cx);
    made = doc_text(doc_at(doc, "message.internalDate"));
    if (!made || strtoll(made, NULL, 10) >= before)
        return OK;
    header = doc_first(doc_at(doc, "message.payload.headers"));
    for (; header; header = doc_next(header)) {
        const char *name = doc_text(doc_at(header, "name"));

        if (name && !strcmp(name, "X-Till-Notification"))
            *ret_for = doc_text(doc_at(header, "value"));
    }
    return OK;
}

/* A page of the list; the token of a page is text that only Gmail reads. */
static const char *
page_path(struct ctx *cx, const char *page)
{
    struct text path;

    text_init(&path, cx->arena, 4 * KIB);
    text_printf(&path, DRAFTS "?maxResults=%d", STRAYS);
    if (page) {
        text_add(&path, "&pageToken=");
        text_add_percent(&path, page);
    }
    return path.bytes;
}

static enum err
list_drafts(struct ctx *cx, const struct mail_gateway *gateway,
            const struct stray_query *query, struct strays *ret_strays)
{
    struct call call = { "GET", page_path(cx, query->page), NULL, false };
    const struct doc *doc = NULL, *item;
    struct http_answer answer;
    enum err err;

    if ((err = harmless(ask(cx, gateway, &call, &answer))))
        return err;
    if (doc_parse(cx, answer.body, answer.size, &doc))
        ctx_forgive(cx);
    ret_strays->count = 0;
    ret_strays->next_page = doc_text(doc_at(doc, "nextPageToken"));
    item = doc_first(doc_at(doc, "drafts"));
    for (; item && ret_strays->count < STRAYS; item = doc_next(item)) {
        const char *id = doc_text(doc_at(item, "id")), *made_for;

        if (!id || !is_draft_id(id))
            continue;
        err = look_into(cx, gateway, id, query->before, &made_for);
        if (err == ERR_NOT_FOUND)
            ctx_forgive(cx); /* sent or deleted meanwhile */
        else if (err)
            return err;
        else if (made_for)
            ret_strays->strays[ret_strays->count++] =
                (struct stray){ id, made_for };
    }
    return OK;
}

static const enum setting credentials[] = {
    SETTING_GMAIL_CLIENT_ID,
    SETTING_GMAIL_CLIENT_SECRET,
    SETTING_GMAIL_REFRESH_TOKEN,
};

enum { CREDENTIALS = sizeof credentials / sizeof *credentials };

bool
gmail_is_wanted(void)
{
    for (int i = 0; i < CREDENTIALS; i++) {
        if (config_text(credentials[i]))
            return true;
    }
    return false;
}

static void
check_base(enum setting setting)
{
    const char *base = config_required(setting);

    if (!http_is_base(base) || !strncmp(base, "unix:", 5) ||
        text_has_control(base))
        die("%s is \"%s\": it must begin with https://, or with http:// on "
            "loopback",
            config_name(setting), base);
}

void
gmail_open(struct arena *arena, struct notification_store *store,
           struct mail_gateway *ret_gateway)
{
    struct text all;

    check_base(SETTING_GMAIL_API_BASE);
    check_base(SETTING_GOOGLE_TOKEN_URL);
    text_init(&all, arena, 64 * KIB);
    for (int i = 0; i < CREDENTIALS; i++)
        text_printf(&all, "%s\n", config_required(credentials[i]));
    text_printf(&all, "%s\n%s\n", config_required(SETTING_GMAIL_API_BASE),
                config_required(SETTING_GOOGLE_TOKEN_URL));
    *ret_gateway = (struct mail_gateway){
        .name = arena_printf(arena, "gmail:%s",
                             config_required(SETTING_EMAIL_USER)),
        .mailbox_id =
            arena_printf(arena, "gmail:%s", secret_name(arena, all.bytes)),
        .from = config_required(SETTING_EMAIL_USER),
        .store = store,
        .draft = draft,
        .send = send_draft,
        .discard = discard,
        .list_drafts = list_drafts,
    };
}
