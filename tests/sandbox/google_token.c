#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "google.h"
#include "store.h"
#include "tree.h"

/* The one mailbox's credentials; scripts/till hands them to the programs. */
#define CLIENT_ID "sandbox"
#define CLIENT_SECRET "sandbox"
#define REFRESH_TOKEN "sandbox-refresh"
#define SCOPE "https://www.googleapis.com/auth/gmail.compose"

enum { LIFETIME = 3599, TOKEN_SIZE = 40 };

static void
token_refuse(struct request *request, struct answer *answer, unsigned status,
             const char *error, const char *description)
{
    cJSON *body = pool_tree(request->pool, cJSON_CreateObject());

    tree_set_text(body, "error", error);
    tree_set_text(body, "error_description", description);
    answer_tree(request, answer, status, body);
}

static bool
is_equal(const struct form *form, const char *name, const char *wanted)
{
    const char *value = form_get(form, name);

    return value && !strcmp(value, wanted);
}

/* NULL: the form is a good refresh; else the error, with its description. */
static const char *
form_fault(const struct form *form, const char **ret_description,
           unsigned *ret_status)
{
    static const char *const wanted[] = { "grant_type", "client_id",
                                          "client_secret", "refresh_token" };
    size_t i;

    *ret_status = 400;
    for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        if (!form_get(form, wanted[i])) {
            *ret_description = "Missing required parameter.";
            return "invalid_request";
        }
    if (!is_equal(form, "grant_type", "refresh_token")) {
        *ret_description = "Invalid grant_type.";
        return "unsupported_grant_type";
    }
    *ret_status = 401;
    if (!is_equal(form, "client_id", CLIENT_ID)) {
        *ret_description = "The OAuth client was not found.";
        return "invalid_client";
    }
    if (!is_equal(form, "client_secret", CLIENT_SECRET)) {
        *ret_description = "Unauthorized";
        return "invalid_client";
    }
    *ret_status = 400;
    *ret_description = "Token has been expired or revoked.";
    return is_equal(form, "refresh_token", REFRESH_TOKEN) ? NULL
                                                          : "invalid_grant";
}

static void
token_issue(struct request *request, struct answer *answer)
{
    cJSON *body = pool_tree(request->pool, cJSON_CreateObject());
    char token[sizeof("ya29.") + TOKEN_SIZE] = "ya29.";

    random_text(token + 5, TOKEN_SIZE);
    store_run("DELETE FROM token WHERE expires <= ?", "i", store_now());
    store_run("INSERT INTO token(token, expires) VALUES(?, ?)", "si", token,
              store_now() + LIFETIME);
    tree_set_text(body, "access_token", token);
    tree_set_number(body, "expires_in", LIFETIME);
    tree_set_text(body, "scope", SCOPE);
    tree_set_text(body, "token_type", "Bearer");
    answer_tree(request, answer, 200, body);
    answer_header(answer, "Cache-Control", "no-store");
}

void
token_serve(struct request *request, struct answer *answer)
{
    const char *type = request_header(request, "Content-Type"), *error,
               *description;
    struct form form;
    unsigned status;

    if (strcmp(request->method, "POST")) {
        token_refuse(request, answer, 405, "invalid_request",
                     "The method must be POST.");
        return;
    }
    if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) ||
        !form_parse(request->pool, request->body, request->body_size, &form)) {
        token_refuse(request, answer, 400, "invalid_request",
                     "The body must be form-encoded.");
        return;
    }
    error = form_fault(&form, &description, &status);
    if (!error && store_recall(request->pool, "revoked")) {
        error = "invalid_grant";
        description = "Token has been expired or revoked.";
    }
    if (error)
        token_refuse(request, answer, status, error, description);
    else
        token_issue(request, answer);
}

bool
token_check(struct request *request, struct answer *answer)
{
    const char *value = request_header(request, "Authorization");
    sqlite3_stmt *query;

    if (!value || strncasecmp(value, "Bearer ", 7))
        return google_refuse(request, answer, 401, NULL);
    query = store_query("SELECT 1 FROM token WHERE token = ?"
                        " AND expires > ?",
                        "si", value + 7, store_now());
    if (!store_next(query))
        return google_refuse(request, answer, 401, NULL);
    store_end(query);
    return true;
}
