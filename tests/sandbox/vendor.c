#include "vendor.h"

#include <string.h>

#include "google.h"
#include "store.h"
#include "stripe.h"

enum { REQUESTS_KEPT = 1000 };

static long long
journal_open(const struct request *request)
{
    sqlite3_stmt *query;
    long long n;

    store_run("INSERT INTO request(method, path, idempotency_key)"
              " VALUES(?, ?, ?)",
              "sss", request->method, request->path,
              request_header(request, "Idempotency-Key"));
    query = store_query("SELECT last_insert_rowid()", "");
    store_next(query);
    n = sqlite3_column_int64(query, 0);
    store_end(query);
    store_run("DELETE FROM request WHERE n <= ?", "i", n - REQUESTS_KEPT);
    return n;
}

static void
journal_close(long long n, const struct answer *answer)
{
    store_begin();
    store_run("UPDATE request SET status = ? WHERE n = ?", "ii",
              answer->drop ? 0LL : (long long)answer->status, n);
    store_commit();
}

static bool
is_stripe(const struct request *request)
{
    return !strncmp(request->path, "/v1/", 4);
}

/* The vendor's front door fails: nothing behind it hears of the request. */
static void
fail_early(struct request *request, const struct fault *fault,
           struct answer *answer)
{
    http_pause(fault->delay_ms);
    if (fault->drop == DROP_BEFORE)
        answer->drop = true;
    else if (is_stripe(request))
        stripe_fault(request, fault, answer);
    else
        google_fault(request, fault, answer);
}

void
vendor_serve(struct request *request, struct answer *answer)
{
    const cJSON *header;
    struct fault fault;
    long long n;

    store_begin();
    n = journal_open(request);
    fault = fault_take(request);
    store_commit();
    if (fault.drop == DROP_BEFORE || (fault.status && !fault.has_effect))
        fail_early(request, &fault, answer);
    else if (is_stripe(request))
        stripe_serve(request, &fault, answer);
    else
        google_serve(request, &fault, answer);
    if (fault.drop == DROP_AFTER)
        answer->drop = true;
    if (fault.has_hang)
        http_hang(request);
    cJSON_ArrayForEach(header, fault.headers)
    {
        answer_header(answer, header->string, header->valuestring);
    }
    answer->cut = fault.cut;
    journal_close(n, answer);
}
