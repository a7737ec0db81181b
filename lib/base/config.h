/*
 * Settings: from the environment, then from the settings file (TILL_ENV, else
 * till.env in the current folder), then the default of this table. For each
 * NAME, NAME_FILE names a file that holds the value (systemd's LoadCredential,
 * Docker's secrets). An empty value counts as unset. Where TILL_HOME is in the
 * environment it becomes the current folder.
 */
#ifndef TILL_CONFIG_H
#define TILL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* name, default (NULL: none), is it a secret, what it means */
#define SETTING_TABLE(X)                                                       \
    X(MONGO_URI, NULL, true, "MongoDB for the users")                          \
    X(USER_DB, NULL, true, "the users: sqlite:PATH or mongodb://")             \
    X(ORDER_DB, NULL, true, "the orders: sqlite:PATH or mongodb://")           \
    X(PAYMENT_DB, NULL, true, "the payments: sqlite:PATH or mongodb://")       \
    X(NOTIFICATION_DB, NULL, true, "the notifications: as above")              \
    X(STRIPE_SECRET_KEY, NULL, true, "Stripe's secret key")                    \
    X(STRIPE_PUBLISHABLE_KEY, NULL, false, "Stripe's publishable key")         \
    X(STRIPE_WEBHOOK_SECRET, NULL, true, "signs Stripe's webhooks")            \
    X(STRIPE_API_BASE, "https://api.stripe.com", false, "before /v1")          \
    X(STRIPE_DEFAULT_PAYMENT_METHOD, NULL, false,                              \
      "charged when a request names none; not with a live key")                \
    X(GMAIL_CLIENT_ID, NULL, false, "OAuth client of the Gmail API")           \
    X(GMAIL_CLIENT_SECRET, NULL, true, "its secret")                           \
    X(GMAIL_REFRESH_TOKEN, NULL, true, "the mailbox owner's consent")          \
    X(GMAIL_API_BASE, "https://gmail.googleapis.com", false,                   \
      "before /gmail/v1")                                                      \
    X(GOOGLE_TOKEN_URL, "https://oauth2.googleapis.com/token", false,          \
      "where access tokens come from")                                         \
    X(EMAIL_USER, NULL, false, "the sender's address")                         \
    X(EMAIL_PASS, NULL, true, "SMTP password, where there is no OAuth")        \
    X(SMTP_URL, "smtps://smtp.gmail.com:465", false, "the SMTP server")        \
    X(SMTP_DELIVERY, "at-most-once", false,                                    \
      "when SMTP's answer is lost: at-most-once or at-least-once")             \
    X(JWT_SECRET, NULL, true, "signs users' tokens; two while rotating")       \
    X(SERVICE_SECRET, NULL, true, "signs the services' tokens")                \
    X(RATE_LIMIT, "60", false,                                                 \
      "logins and registrations a minute from one address; 0: no limit")       \
    X(CURRENCY, "usd", false, "of an order that names none")                   \
    X(THREADS, "64", false, "threads of a program that waits")                 \
    X(PROCESSES, "1", false, "processes of each program")                      \
    X(HASHES_AT_ONCE, NULL, false,                                             \
      "passwords hashed at once; unset: one a processor")                      \
    X(WORKER_LEASE, "60", false,                                               \
      "seconds until the work of a killed worker is taken over")               \
    X(ORDER_EXPIRY, "168", false,                                              \
      "hours until an order that nobody pays expires; 0: never")               \
    X(PAYMENT_LEASE, "20", false,                                              \
      "seconds until an interrupted payment is taken up")                      \
    X(LOG_LEVEL, "info", false, "info, or error: only what failed")            \
    X(METRICS_FOLDER, "run", false, "where programs count for /metrics")       \
    X(PUBLIC_URL, NULL, false, "where customers reach the shop")               \
    X(SHOP_NAME, "Till", false, "signs the receipts")                          \
    X(USER_SERVICE_URL, "unix:run/internal.sock", false, "the users'")         \
    X(ORDER_SERVICE_URL, "unix:run/internal.sock", false, "the orders'")       \
    X(PAYMENT_SERVICE_URL, "unix:run/internal.sock", false, "the payments'")   \
    X(NOTIFICATION_SERVICE_URL, "unix:run/internal.sock", false,               \
      "the notifications'")

enum setting {
#define X(name, preset, secret, meaning) SETTING_##name,
    SETTING_TABLE(X)
#undef X
        SETTINGS
};

/* Reads all settings; dies on a file that can't be read or parsed. */
void config_load(void);

/* The value, or NULL where there is none. Lives as long as the process. */
const char *config_text(enum setting setting);

/* The value; dies with the setting's name where there is none. */
const char *config_required(enum setting setting);

/* A number between least and most; dies with the setting's name if not. */
int64_t config_int(enum setting setting, int64_t least, int64_t most);

const char *config_name(enum setting setting);
bool config_is_secret(enum setting setting);

/* Where the value came from: "environment", a file's name, "default". */
const char *config_source(enum setting setting);

#endif
