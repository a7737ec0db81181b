/*
 * till-doctor: prints every setting with where it came from, secrets masked,
 * then every problem at once. Ends with EX_CONFIG where there is one.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/config.h"
#include "base/money.h"
#include "base/text.h"
#include "io/db.h"
#include "io/http.h"
#include "io/store_url.h"
#include "io/token.h"
#include "services.h"

static int problems;
static bool has_threads; /* a number of them, by which MongoDB is asked */

/* Nothing wrong, but good to know. */
static void
note(enum setting setting, const char *text)
{
    printf("note: %s %s\n", config_name(setting), text);
}

static void __attribute__((format(printf, 2, 3)))
problem(enum setting setting, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    printf("problem: %s ", config_name(setting));
    vprintf(format, list);
    putchar('\n');
    va_end(list);
    problems++;
}

/* "sk_t********" tells which key it is, and no more. */
static void
print_setting(enum setting setting)
{
    const char *value = config_text(setting);

    printf("%-30s ", config_name(setting));
    if (!value)
        printf("-");
    else if (config_is_secret(setting))
        printf("%.*s********", strlen(value) >= 16 ? 4 : 0, value);
    else
        printf("%s", value);
    printf("  (%s)\n", config_source(setting));
}

static void
check_secret(enum setting setting)
{
    const char *value = config_text(setting);

    if (!value)
        problem(setting, "is not set");
    for (; value;
         value = value[strcspn(value, ",")] ? strchr(value, ',') + 1 : NULL) {
        if (strcspn(value, ",") < TOKEN_SECRET_MIN)
            problem(setting, "is shorter than %d bytes: openssl rand -hex 32",
                    TOKEN_SECRET_MIN);
    }
}

static void
check_base(enum setting setting)
{
    const char *value = config_text(setting);

    if (value && !http_is_base(value))
        problem(setting, "must be https://, or http:// to loopback");
}

static bool
check_number(enum setting setting, int64_t least, int64_t most)
{
    const char *value = config_text(setting);
    int64_t number;
    bool is_good = !value || (text_to_int64(value, &number) &&
                              number >= least && number <= most);

    if (!is_good)
        problem(setting, "must be a number from %lld to %lld", (long long)least,
                (long long)most);
    return is_good;
}

/* As the programs and scripts/till refuse them. */
static void
check_numbers(void)
{
    check_number(SETTING_RATE_LIMIT, 0, 99999);
    has_threads = check_number(SETTING_THREADS, 1, 1024);
    check_number(SETTING_PROCESSES, 1, 100);
    check_number(SETTING_HASHES_AT_ONCE, 1, 256);
    check_number(SETTING_WORKER_LEASE, 1, 600);
    check_number(SETTING_PAYMENT_LEASE, 1, 600);
    check_number(SETTING_ORDER_EXPIRY, 0, 24 * 366);
}

static void
check_choice(enum setting setting, const char *one, const char *other)
{
    const char *value = config_text(setting);

    if (strcmp(value, one) != 0 && strcmp(value, other) != 0)
        problem(setting, "must be %s or %s", one, other);
}

static void
check_stripe(void)
{
    const char *key = config_text(SETTING_STRIPE_SECRET_KEY);
    const char *browser_key = config_text(SETTING_STRIPE_PUBLISHABLE_KEY);
    bool is_live = key && strstr(key, "_live_");

    if (!key)
        note(SETTING_STRIPE_SECRET_KEY,
             "is not set: payments run in the sandbox, no money moves");
    if (browser_key && strncmp(browser_key, "pk_", 3) != 0)
        problem(SETTING_STRIPE_PUBLISHABLE_KEY,
                "is no publishable key: those begin with pk_");
    if (key && !browser_key)
        note(SETTING_STRIPE_PUBLISHABLE_KEY,
             "is not set: the shop page can't take cards");
    if (is_live && config_text(SETTING_STRIPE_DEFAULT_PAYMENT_METHOD))
        problem(SETTING_STRIPE_DEFAULT_PAYMENT_METHOD,
                "is for tests: it can't be used with a live key");
}

static void
check_mail(void)
{
    bool has_oauth = config_text(SETTING_GMAIL_CLIENT_ID) &&
                     config_text(SETTING_GMAIL_CLIENT_SECRET) &&
                     config_text(SETTING_GMAIL_REFRESH_TOKEN);

    if (!has_oauth && !config_text(SETTING_EMAIL_PASS))
        note(SETTING_GMAIL_REFRESH_TOKEN,
             "is not set, nor EMAIL_PASS: receipts run in the sandbox");
    else if (!config_text(SETTING_EMAIL_USER))
        problem(SETTING_EMAIL_USER, "is not set: receipts need a sender");
}

/* Opening tells whether it is there, readable, and of our version. */
static void
check_sqlite(struct ctx *cx, const struct service *service, const char *path)
{
    struct db *db = NULL;
    struct stat status;

    if (stat(path, &status))
        problem(service->setting, "%s isn't there: run `scripts/till migrate`",
                path);
    else if (db_open(cx, service->name, path, &db))
        problem(service->setting, "%s", cx->cause ? cx->cause : cx->fault);
    db_close(db);
}

static void
check_mongo(struct ctx *cx, const struct service *service, const char *uri)
{
    const char *missing;

    if (!has_threads)
        note(service->setting, "isn't looked at while THREADS is wrong");
    else if (mongo_missing(cx, uri, service->collections, &missing))
        problem(service->setting, "%s", cx->cause ? cx->cause : cx->fault);
    else if (*missing)
        problem(service->setting, "lacks %s: run `scripts/till migrate`",
                missing);
}

static void
check_database(const struct service *service)
{
    struct store_url url = store_url_of(service->setting, service->name);
    struct arena *arena = arena_create();
    struct ctx cx;

    ctx_init(&cx, arena, "doctor");
    if (url.sqlite)
        check_sqlite(&cx, service, url.sqlite);
    else
        check_mongo(&cx, service, url.mongo);
    arena_free(arena);
}

/*
 * A settings file that everybody may read gives the shop away. Root's may be
 * read by the group: that is how the programs come by it.
 */
static void
check_file(void)
{
    const char *file = config_source(SETTING_JWT_SECRET);
    struct stat status;

    if (!stat(file, &status) &&
        (status.st_mode & (status.st_uid == geteuid() ? 077 : 027)))
        problem(SETTING_JWT_SECRET,
                "is in %s, which others may read: "
                "chmod 600 it",
                file);
}

int
main(void)
{
    config_load();
    for (int i = 0; i < SETTINGS; i++)
        print_setting((enum setting)i);
    printf("SQLite %s; every transaction that writes holds a lock of ours, "
           "which keeps the WAL-reset bug away\n",
           db_engine());
    check_secret(SETTING_JWT_SECRET);
    check_secret(SETTING_SERVICE_SECRET);
    check_file();
    check_base(SETTING_STRIPE_API_BASE);
    check_base(SETTING_GMAIL_API_BASE);
    check_base(SETTING_GOOGLE_TOKEN_URL);
    check_base(SETTING_USER_SERVICE_URL);
    check_base(SETTING_ORDER_SERVICE_URL);
    check_base(SETTING_PAYMENT_SERVICE_URL);
    check_base(SETTING_NOTIFICATION_SERVICE_URL);
    check_numbers();
    check_choice(SETTING_SMTP_DELIVERY, "at-most-once", "at-least-once");
    check_choice(SETTING_LOG_LEVEL, "info", "error");
    if (!money_is_currency(config_text(SETTING_CURRENCY)))
        problem(SETTING_CURRENCY, "can't be charged");
    check_stripe();
    check_mail();
    for (int i = 0; i < SERVICES; i++)
        check_database(&services[i]);
    printf("%d problem%s\n", problems, problems == 1 ? "" : "s");
    return problems ? EX_CONFIG : EX_OK;
}
