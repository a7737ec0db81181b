/*
 * GET /api/shop: what a page that sells has to know before anybody logs in.
 *
 * Who     anyone
 * Out     200 {name, currency, decimals, sandbox, stripe_publishable_key}:
 *             SHOP_NAME; CURRENCY, and how many decimals it has; whether
 *             payments go to the local sandbox; and where they don't, the key
 *             for Stripe.js, or null: no card can be taken by a browser
 */
#include <string.h>

#include "base/money.h"
#include "base/stop.h"
#include "web/app.h"

/* scripts/till sets it where there is no STRIPE_SECRET_KEY. */
#define SANDBOX_KEY "pk_test_sandbox"

static enum err
check_settings(struct ctx *cx, struct db **ret_db)
{
    const char *currency = config_required(SETTING_CURRENCY);
    const char *name = config_required(SETTING_SHOP_NAME);

    (void)cx;
    (void)ret_db;
    if (!money_is_currency(currency))
        die("CURRENCY is \"%s\", which can't be charged: use one as \"usd\"",
            currency);
    if (!text_is_utf8(name, strlen(name)))
        die("SHOP_NAME is not UTF-8");
    return OK;
}

/* Only what can stand in a key: a publishable one, never another. */
static const char *
publishable_key(void)
{
    const char *key = config_text(SETTING_STRIPE_PUBLISHABLE_KEY);

    return key && !strncmp(key, "pk_", 3) ? key : NULL;
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    const char *currency = config_text(SETTING_CURRENCY);
    const char *key = publishable_key();
    bool is_sandbox = key && !strcmp(key, SANDBOX_KEY);
    struct writer *writer = reply_json(reply, HTTP_OK);

    (void)cx;
    (void)request;
    writer_object(writer, NULL);
    writer_text(writer, "name", config_text(SETTING_SHOP_NAME));
    writer_text(writer, "currency", currency);
    writer_int(writer, "decimals", money_decimals(currency));
    writer_bool(writer, "sandbox", is_sandbox);
    writer_text(writer, "stripe_publishable_key", is_sandbox ? NULL : key);
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "ops-shop",
    .method = "GET",
    .path = "/api/shop",
    .callers = ANYONE,
    .open = check_settings,
    .handle = handle,
};

int
main(void)
{
    return app_run(&app);
}
