#include "notification/gmail_token.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/text.h"
#include "io/doc.h"
#include "io/http.h"
#include "io/worker.h"
#include "notification/mailbox.h"
#include "notification/notification_store.h"

/*
 * A token with less than EARLY left is renewed; one with less than LATE isn't
 * used. One worker has refreshing() to get it; a call takes TIMEOUT at most.
 */
enum {
    EARLY = 5 * 60 * 1000,
    LATE = 60 * 1000,
    REFRESHING_MOST = 20 * 1000,
    TIMEOUT = 10 * 1000,
};

/* No longer than a killed worker's other work waits. */
static int64_t
refreshing(void)
{
    return worker_lease() < REFRESHING_MOST ? worker_lease() : REFRESHING_MOST;
}

static void
add_parameter(struct text *form, const char *name, enum setting setting)
{
    text_printf(form, "&%s=", name);
    text_add_percent(form, config_required(setting));
}

static enum err
ask(struct ctx *cx, struct http_answer *ret_answer)
{
    struct http_call call = {
        .peer = METRIC_GOOGLE,
        .method = "POST",
        .base = config_required(SETTING_GOOGLE_TOKEN_URL),
        .path = "",
        .content_type = "application/x-www-form-urlencoded",
        .timeout = TIMEOUT,
    };
    struct text form;
    enum err err;

    text_init(&form, cx->arena, 16 * KIB);
    text_add(&form, "grant_type=refresh_token");
    add_parameter(&form, "refresh_token", SETTING_GMAIL_REFRESH_TOKEN);
    add_parameter(&form, "client_id", SETTING_GMAIL_CLIENT_ID);
    add_parameter(&form, "client_secret", SETTING_GMAIL_CLIENT_SECRET);
    call.body = form.bytes;
    call.body_size = form.size;
    err = http_send(cx, &call, ret_answer);
    /* a token too many does no harm */
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

static enum err
refused(struct ctx *cx, const struct http_answer *answer, const struct doc *doc)
{
    const char *error = doc_text(doc_at(doc, "error"));
    const char *detail = doc_text(doc_at(doc, "error_description"));

    if (answer->status == 429 || answer->status >= 500 || !error) {
        cx->retry_after = answer->retry_after;
        return fail(cx, ERR_UNAVAILABLE,
                    "Google gives no access token: status %d", answer->status);
    }
    return fail(cx, ERR_UNAUTHENTICATED,
                "Google refuses the refresh token: %.40s (%.200s)", error,
                detail ? detail : "no description");
}

static enum err
refresh(struct ctx *cx, struct mailbox *mailbox)
{
    const struct doc *doc = NULL;
    struct http_answer answer;
    const char *token;
    int64_t seconds;
    enum err err;

    if ((err = ask(cx, &answer)))
        return err;
    if (doc_parse(cx, answer.body, answer.size, &doc))
        ctx_forgive(cx);
    if (answer.status != 200)
        return refused(cx, &answer, doc);
    token = doc_text(doc_at(doc, "access_token"));
    if (!token || !*token || text_has_control(token) ||
        !doc_int(doc_at(doc, "expires_in"), &seconds))
        return fail(cx, ERR_UNAVAILABLE, "Google's token can't be read");
    mailbox->access_token = token;
    mailbox->token_expires_at = clock_now() + seconds * 1000;
    return OK;
}

static bool
keep_token(struct mailbox *mailbox, void *arg)
{
    const struct mailbox *renewed = arg; /* NULL: it couldn't be */

    mailbox->refreshing_until = 0;
    if (renewed) {
        mailbox->access_token = renewed->access_token;
        mailbox->token_expires_at = renewed->token_expires_at;
    }
    return true;
}

/* Gets a new one, if nobody else is about to. */
static enum err
renew(struct ctx *cx, const struct mail_gateway *gateway,
      struct mailbox *mailbox)
{
    struct notification_store *store = gateway->store;
    enum err err, kept;

    if (mailbox->refreshing_until > clock_now())
        return fail(cx, ERR_CONFLICT, "another worker gets the token");
    mailbox->refreshing_until = clock_now() + refreshing();
    if ((err = store->put_mailbox(cx, store, mailbox)))
        return err;
    err = refresh(cx, mailbox);
    kept = mailbox_alter(cx, gateway, keep_token, err ? NULL : mailbox);
    /* overtaken, it is still a token that is good for one call */
    return err ? err : kept == ERR_CONFLICT ? OK : kept;
}

enum err
gmail_token_get(struct ctx *cx, const struct mail_gateway *gateway,
                const char **ret_token)
{
    struct notification_store *store = gateway->store;
    struct mailbox mailbox;
    const char *token;
    int64_t left;
    enum err err;

    if ((err = store->get_mailbox(cx, store, gateway->mailbox_id, &mailbox)))
        return err;
    token = mailbox.access_token;
    left = token ? mailbox.token_expires_at - clock_now() : 0;
    if (left < EARLY) {
        err = renew(cx, gateway, &mailbox);
        if (!err)
            token = mailbox.access_token;
        else if ((err != ERR_UNAVAILABLE && err != ERR_CONFLICT) || left < LATE)
            return err;
        ctx_forgive(cx);
    }
    *ret_token = token;
    return OK;
}

static bool
forget_token(struct mailbox *mailbox, void *arg)
{
    const char *token = arg;

    if (!mailbox->access_token || strcmp(mailbox->access_token, token) != 0)
        return false;
    mailbox->access_token = NULL;
    mailbox->token_expires_at = 0;
    return true;
}

enum err
gmail_token_forget(struct ctx *cx, const struct mail_gateway *gateway,
                   const char *token)
{
    return mailbox_alter(cx, gateway, forget_token, (void *)token);
}
