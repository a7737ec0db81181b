#include "control.h"

#include <string.h>

#include "bank.h"
#include "faults.h"
#include "inbox.h"
#include "ledger.h"
#include "store.h"
#include "tree.h"
#include "webhook.h"

enum { ADVANCE_MAX = 10 * 366 * 24 * 3600 };

void
control_refuse(struct request *request, struct answer *answer, unsigned status,
               const char *why)
{
    cJSON *body = pool_tree(request->pool, cJSON_CreateObject());

    tree_set_text(body, "error", why);
    answer_tree(request, answer, status, body);
}

/*
 * DELETE /sandbox/tokens: every access token is expired from now on.
 * POST /sandbox/tokens/revoke: the refresh token is good for nothing, too,
 * until POST /sandbox/tokens/restore.
 */
static void
tokens_serve(struct request *request, struct answer *answer)
{
    const char *verb = request->path + strlen("/sandbox/tokens");
    bool is_post = !strcmp(request->method, "POST"),
         is_restored = is_post && !strcmp(verb, "/restore"),
         is_revoked = is_post && !strcmp(verb, "/revoke");

    if (!is_restored && !is_revoked &&
        (*verb || strcmp(request->method, "DELETE"))) {
        control_refuse(request, answer, 404, "no such route");
        return;
    }
    store_begin();
    if (is_post)
        store_remember("revoked", is_revoked ? "true" : NULL);
    if (!is_restored)
        store_run("DELETE FROM token", "");
    store_commit();
    answer->status = 204;
}

/* POST /sandbox/clock {"advance": seconds} */
static void
clock_serve(struct request *request, struct answer *answer)
{
    cJSON *body = tree_parse(request->pool, request->body);
    const cJSON *advance = tree_get(body, "advance");

    if (!cJSON_IsNumber(advance) || advance->valuedouble < 0 ||
        advance->valuedouble > ADVANCE_MAX) {
        control_refuse(request, answer, 400, "`advance`: seconds are wanted");
        return;
    }
    store_begin();
    store_advance((long long)advance->valuedouble);
    tree_set_number(body, "now", store_now());
    store_commit();
    webhook_wake();
    answer_tree(request, answer, 200, body);
}

static bool
is_call(const struct request *request, const char *method, const char *path)
{
    return !strcmp(request->method, method) && !strcmp(request->path, path);
}

void
control_serve(struct request *request, struct answer *answer)
{
    const char *path = request->path;

    if (is_call(request, "GET", "/sandbox/ledger"))
        ledger_serve(request, answer);
    else if (!strcmp(path, "/sandbox/faults"))
        faults_serve(request, answer);
    else if (!strncmp(path, "/sandbox/tokens", 15))
        tokens_serve(request, answer);
    else if (is_call(request, "POST", "/sandbox/clock"))
        clock_serve(request, answer);
    else if (!strcmp(request->method, "GET") &&
             !strncmp(path, "/sandbox/mails/", 15))
        ledger_mail(request, answer, path + 15);
    else if (!strncmp(path, "/sandbox/webhook", 16))
        webhook_serve(request, answer);
    else if (!strncmp(path, "/sandbox/inbox", 14))
        inbox_serve(request, answer);
    else if (!strncmp(path, "/sandbox/bank/", 14))
        bank_serve(request, answer);
    else if (!control_money(request, answer))
        control_refuse(request, answer, 404, "no such route");
}
