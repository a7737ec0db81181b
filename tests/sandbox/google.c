#include "google.h"

#include <string.h>

#include "store.h"
#include "tree.h"

/* docs: gmail/api/guides/handle-errors */
static const struct kind {
    unsigned code;
    const char *status, *reason, *message;
} kinds[] = {
    { 400, "INVALID_ARGUMENT", "invalidArgument", "Invalid argument" },
    { 401, "UNAUTHENTICATED", "authError",
      "Request had invalid authentication credentials. Expected OAuth 2 "
      "access token, login cookie or other valid authentication "
      "credential." },
    { 403, "PERMISSION_DENIED", "rateLimitExceeded", "Rate Limit Exceeded" },
    { 404, "NOT_FOUND", "notFound", "Requested entity was not found." },
    { 413, "INVALID_ARGUMENT", "uploadTooLarge", "Upload too large" },
    { 429, "RESOURCE_EXHAUSTED", "rateLimitExceeded",
      "User-rate limit exceeded." },
    { 503, "UNAVAILABLE", "backendError",
      "The service is currently unavailable." },
    { 500, "INTERNAL", "backendError", "Internal error encountered." },
};

static const struct kind *
kind_find(unsigned code)
{
    size_t i, last = sizeof(kinds) / sizeof(*kinds) - 1;

    for (i = 0; i < last && kinds[i].code != code; i++)
        ;
    return &kinds[i];
}

/* What is said with a reason; the domain of any other is "global". */
static const struct reason {
    const char *reason, *domain, *message;
} reasons[] = {
    { "rateLimitExceeded", "usageLimits", "Rate Limit Exceeded" },
    { "userRateLimitExceeded", "usageLimits", "User Rate Limit Exceeded" },
    { "dailyLimitExceeded", "usageLimits", "Daily Limit Exceeded" },
    { "quotaExceeded", "usageLimits", "Quota exceeded" },
    { "domainPolicy", "global",
      "The domain administrators have disabled Gmail apps." },
    { "insufficientPermissions", "global",
      "Request had insufficient authentication scopes." },
    { "failedPrecondition", "global", "Mail service not enabled" },
};

static const struct reason *
reason_find(const char *reason)
{
    size_t i;

    for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (!strcmp(reasons[i].reason, reason))
            return &reasons[i];
    return NULL;
}

/* Reason and message may be NULL for those that go with the status. */
static void
error_answer(struct request *request, struct answer *answer, unsigned status,
             const char *reason, const char *message)
{
    const struct kind *kind = kind_find(status);
    const struct reason *known = reason_find(reason ? reason : kind->reason);
    cJSON *body = pool_tree(request->pool, cJSON_CreateObject()),
          *error = cJSON_CreateObject(), *detail = cJSON_CreateObject(),
          *details = cJSON_CreateArray();

    if (!message)
        message = reason && known ? known->message : kind->message;
    tree_set_text(detail, "message", message);
    tree_set_text(detail, "domain", known ? known->domain : "global");
    tree_set_text(detail, "reason", reason ? reason : kind->reason);
    cJSON_AddItemToArray(details, detail);
    tree_set_number(error, "code", status);
    tree_set_text(error, "message", message);
    tree_set(error, "errors", details);
    tree_set_text(error, "status", kind->status);
    tree_set(body, "error", error);
    answer_tree(request, answer, status, body);
    if (status == 401)
        answer_header(answer, "WWW-Authenticate",
                      "Bearer realm=\"https://accounts.google.com/\", "
                      "error=\"invalid_token\"");
}

bool
google_refuse(struct request *request, struct answer *answer, unsigned status,
              const char *message)
{
    error_answer(request, answer, status, NULL, message);
    return false;
}

/* The token endpoint's errors have a shape of their own: RFC 6749, 5.2. */
static const char *
token_error(struct pool *pool, const struct fault *fault)
{
    cJSON *body = pool_tree(pool, cJSON_CreateObject());
    const char *error = fault->reason;

    if (!error)
        error = fault->status == 401 ? "invalid_client" : "invalid_grant";
    tree_set_text(body, "error", error);
    tree_set_text(body, "error_description",
                  strcmp(error, "invalid_grant")
                      ? "Unauthorized"
                      : "Token has been expired or revoked.");
    return tree_print(pool, body);
}

void
google_fault(struct request *request, const struct fault *fault,
             struct answer *answer)
{
    bool is_token = !strcmp(request->path, "/token");

    if (!fault->body && !(is_token && fault->status < 500)) {
        error_answer(request, answer, fault->status, fault->reason, NULL);
        return;
    }
    answer->status = fault->status;
    answer->content_type = "application/json";
    answer->body = fault->body;
    if (!answer->body)
        answer->body = token_error(request->pool, fault);
    answer->body_size = strlen(answer->body);
}

static bool
google_execute(struct request *request, struct answer *answer)
{
    if (!strcmp(request->path, "/token")) {
        token_serve(request, answer);
        return true;
    }
    return token_check(request, answer) && gmail_serve(request, answer);
}

void
google_serve(struct request *request, const struct fault *fault,
             struct answer *answer)
{
    bool is_done;

    http_pause(fault->delay_ms);
    store_begin();
    is_done = google_execute(request, answer);
    if (is_done)
        store_commit();
    else
        store_rollback();
    if (!fault->status)
        return;
    answer->header_count = 0;
    google_fault(request, fault, answer);
}
