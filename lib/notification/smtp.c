#include "notification/smtp.h"

#include <string.h>

#include "base/config.h"
#include "base/stop.h"
#include "io/mailer.h"
#include "io/secret.h"

enum { TIMEOUT = 30 * 1000 };

static enum err
send_parcel(struct ctx *cx, const struct mail_gateway *gateway,
            const char *draft_id, const struct parcel *parcel)
{
    struct mailer_call call = {
        .url = config_required(SETTING_SMTP_URL),
        .user = config_required(SETTING_EMAIL_USER),
        .password = config_required(SETTING_EMAIL_PASS),
        .from = gateway->from,
        .to = parcel->to,
        .message = parcel->bytes,
        .size = parcel->size,
        .timeout = TIMEOUT,
    };

    (void)draft_id;
    return mailer_send(cx, &call);
}

bool
smtp_is_wanted(void)
{
    return config_text(SETTING_EMAIL_PASS) != NULL;
}

bool
smtp_is_at_least_once(void)
{
    const char *value = config_required(SETTING_SMTP_DELIVERY);

    if (!strcmp(value, "at-least-once"))
        return true;
    if (strcmp(value, "at-most-once") != 0)
        die("SMTP_DELIVERY is \"%s\": it must be at-most-once or "
            "at-least-once",
            value);
    return false;
}

void
smtp_open(struct arena *arena, struct notification_store *store,
          struct mail_gateway *ret_gateway)
{
    const char *url = config_required(SETTING_SMTP_URL);
    const char *user = config_required(SETTING_EMAIL_USER);
    const char *all;

    if (!mailer_is_url(url))
        die("SMTP_URL is \"%s\": it must be smtps://HOST:PORT, or "
            "smtp://HOST:PORT for STARTTLS",
            url);
    all = arena_printf(arena, "%s\n%s\n%s\n%s", url, user,
                       config_required(SETTING_EMAIL_PASS),
                       /* or the password could be guessed from its name */
                       config_required(SETTING_SERVICE_SECRET));
    *ret_gateway = (struct mail_gateway){
        .name = arena_printf(arena, "smtp:%s", user),
        .mailbox_id = arena_printf(arena, "smtp:%s", secret_name(arena, all)),
        .from = user,
        .store = store,
        .send = send_parcel,
    };
}
