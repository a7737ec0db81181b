#include "control.h"

#include <string.h>

#include "faults.h"
#include "ledger.h"
#include "store.h"
#include "stripe_intent.h"
#include "stripe_object.h"
#include "tree.h"

enum { ADVANCE_MAX = 10 * 366 * 24 * 3600 };

void
control_refuse(struct request *request, struct answer *answer, unsigned status,
               const char *why)
{
    cJSON *body = pool_tree(request->pool, cJSON_CreateObject());

    tree_set_text(body, "error", why);
    answer_tree(request, answer, status, body);
}

/* POST /sandbox/intents/{id}/complete and /fail: the customer's part. */
static void
intent_serve(struct request *request, struct answer *answer, const char *rest)
{
    size_t size = strcspn(rest, "/");
    const char *id = pool_copy(request->pool, rest, size), *verb = rest + size,
               *against;
    cJSON *intent;

    if (strcmp(verb, "/complete") && strcmp(verb, "/fail")) {
        control_refuse(request, answer, 404, "no such route");
        return;
    }
    store_begin();
    intent = object_get(request->pool, "payment_intent", id, NULL);
    against = intent ? intent_finish(request->pool, intent,
                                     !strcmp(verb, "/complete"))
                     : NULL;
    store_commit();
    if (!intent)
        control_refuse(request, answer, 404, "no such intent");
    else if (against)
        control_refuse(request, answer, 409, against);
    else
        answer_tree(request, answer, 200, intent);
}

/* DELETE /sandbox/tokens: every access token is expired from now on. */
static void
tokens_serve(struct request *request, struct answer *answer)
{
    (void)request;
    store_begin();
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
    else if (is_call(request, "DELETE", "/sandbox/tokens"))
        tokens_serve(request, answer);
    else if (is_call(request, "POST", "/sandbox/clock"))
        clock_serve(request, answer);
    else if (!strcmp(request->method, "GET") &&
             !strncmp(path, "/sandbox/mails/", 15))
        ledger_mail(request, answer, path + 15);
    else if (!strcmp(request->method, "POST") &&
             !strncmp(path, "/sandbox/intents/", 17))
        intent_serve(request, answer, path + 17);
    else
        control_refuse(request, answer, 404, "no such route");
}
