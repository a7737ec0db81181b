#include "bank.h"

#include <string.h>

#include "store.h"
#include "stripe_intent.h"
#include "stripe_object.h"
#include "tree.h"

#define PREFIX "/sandbox/bank/"

/* Nothing that a client wrote stands in it, so nothing needs escaping. */
static void
page_answer(struct request *request, struct answer *answer, unsigned status,
            const char *body)
{
    answer->status = status;
    answer->content_type = "text/html; charset=utf-8";
    answer->body = pool_printf(
        request->pool,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>Sandbox bank</title>\n<h1>Sandbox bank</h1>\n"
        "<p>This is a sandbox: no money moves.</p>\n%s</html>\n",
        body);
    answer->body_size = strlen(answer->body);
    answer_header(answer, "Cache-Control", "no-store");
}

static void
page_ask(struct request *request, struct answer *answer, const cJSON *intent)
{
    static const char *const verbs[][2] = { { "approve", "Approve" },
                                            { "refuse", "Refuse" } };
    const char *id = tree_text(intent, "id"),
               *body = pool_printf(request->pool,
                                   "<p>Pay <b>%lld</b> in the smallest unit "
                                   "of <b>%s</b> for payment %s?</p>\n",
                                   tree_number(intent, "amount"),
                                   tree_text(intent, "currency"), id);
    size_t i;

    for (i = 0; i < 2; i++)
        body = pool_printf(request->pool,
                           "%s<form method=\"post\" action=\"" PREFIX
                           "%s/%s\"><button id=\"%s\">%s</button></form>\n",
                           body, id, verbs[i][0], verbs[i][0], verbs[i][1]);
    page_answer(request, answer, 200, body);
}

/* Stripe tells the page it goes back to what became of which intent. */
static void
page_return(struct request *request, struct answer *answer, const cJSON *intent,
            const char *url, bool is_approved)
{
    answer->status = 303;
    answer_header(
        answer, "Location",
        pool_printf(request->pool,
                    "%s%cpayment_intent=%s&payment_intent_client_secret=%s"
                    "&redirect_status=%s",
                    url, strchr(url, '?') ? '&' : '?', tree_text(intent, "id"),
                    tree_text(intent, "client_secret"),
                    is_approved ? "succeeded" : "failed"));
}

static void
customer_answers(struct request *request, struct answer *answer, cJSON *intent,
                 bool is_approved)
{
    const cJSON *action = tree_get(intent, "next_action"),
                *redirect = tree_get(action, "redirect_to_url");
    const char *url = tree_text(redirect, "return_url");

    if (url)
        url = pool_copy(request->pool, url, strlen(url));
    intent_finish(request->pool, intent, is_approved);
    if (url)
        page_return(request, answer, intent, url, is_approved);
    else
        page_answer(request, answer, 200,
                    is_approved ? "<p>You have approved the payment.</p>\n"
                                : "<p>You have refused the payment.</p>\n");
}

void
bank_serve(struct request *request, struct answer *answer)
{
    const char *rest = request->path + strlen(PREFIX);
    size_t size = strcspn(rest, "/");
    const char *id = pool_copy(request->pool, rest, size), *verb = rest + size;
    bool is_post = !strcmp(request->method, "POST");
    cJSON *intent;

    store_begin();
    intent = object_get(request->pool, "payment_intent", id, NULL);
    if (!intent)
        page_answer(request, answer, 404, "<p>No such payment.</p>\n");
    else if (strcmp(tree_text(intent, "status"), "requires_action"))
        page_answer(request, answer, 409,
                    "<p>Nothing is to be approved for this payment.</p>\n");
    else if (!*verb && !is_post)
        page_ask(request, answer, intent);
    else if (is_post && !strcmp(verb, "/approve"))
        customer_answers(request, answer, intent, true);
    else if (is_post && !strcmp(verb, "/refuse"))
        customer_answers(request, answer, intent, false);
    else
        page_answer(request, answer, 404, "<p>No such page.</p>\n");
    store_commit();
}
