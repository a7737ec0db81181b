#include "ledger.h"

#include <string.h>

#include "control.h"
#include "store.h"
#include "tree.h"

/* Rows as objects, a member for each column. */
static cJSON *
rows_read(sqlite3_stmt *query)
{
    cJSON *rows = cJSON_CreateArray(), *row;
    int i;

    while (store_next(query)) {
        row = cJSON_CreateObject();
        for (i = 0; i < sqlite3_column_count(query); i++) {
            const char *name = sqlite3_column_name(query, i);

            if (sqlite3_column_type(query, i) == SQLITE_INTEGER)
                tree_set_number(row, name, sqlite3_column_int64(query, i));
            else
                tree_set_text(row, name,
                              (const char *)sqlite3_column_text(query, i));
        }
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

/* Only charges that took money: a declined attempt is none. */
static cJSON *
charges_read(const char *order)
{
    return rows_read(store_query(
        "SELECT json_extract(body, '$.payment_intent') AS payment_intent,"
        " id AS charge, order_id,"
        " json_extract(body, '$.amount_captured') AS amount,"
        " json_extract(body, '$.currency') AS currency,"
        " json_extract(body, '$.status') AS status, created"
        " FROM object WHERE kind = 'charge'"
        " AND json_extract(body, '$.captured')"
        " AND (?1 IS NULL OR order_id = ?1) ORDER BY seq",
        "s", order));
}

static cJSON *
intents_read(const char *order)
{
    return rows_read(
        store_query("SELECT id, json_extract(body, '$.status') AS status,"
                    " json_extract(body, '$.amount') AS amount,"
                    " json_extract(body, '$.currency') AS currency, order_id"
                    " FROM object WHERE kind = 'payment_intent'"
                    " AND (?1 IS NULL OR order_id = ?1) ORDER BY seq",
                    "s", order));
}

/* Refunds and disputes: what they are of is known by their charge. */
static cJSON *
taken_back_read(const char *kind, const char *order)
{
    return rows_read(
        store_query("SELECT o.id, json_extract(o.body, '$.payment_intent')"
                    " AS payment_intent, c.id AS charge, c.order_id,"
                    " json_extract(o.body, '$.amount') AS amount,"
                    " json_extract(o.body, '$.currency') AS currency,"
                    " json_extract(o.body, '$.status') AS status, o.created"
                    " FROM object o JOIN object c"
                    " ON c.id = json_extract(o.body, '$.charge')"
                    " WHERE o.kind = ?1 AND (?2 IS NULL OR c.order_id = ?2)"
                    " ORDER BY o.seq",
                    "ss", kind, order));
}

/* Bytes that aren't UTF-8 can't stand in JSON; /sandbox/mails/ has them. */
static cJSON *
mails_read(struct pool *pool, const char *order, bool is_brief)
{
    sqlite3_stmt *query =
        store_query("SELECT id, recipient, subject, message_id, order_id,"
                    " iif(?2, NULL, raw), created FROM mail"
                    " WHERE ?1 IS NULL OR order_id = ?1 ORDER BY seq",
                    "si", order, (long long)is_brief);
    static const char *const names[] = { "id",         "to",       "subject",
                                         "message_id", "order_id", "raw" };
    cJSON *mails = cJSON_CreateArray(), *mail;
    char *text, *at;
    int i;

    while (store_next(query)) {
        mail = cJSON_CreateObject();
        for (i = 0; i < 6; i++) {
            text = store_text(pool, query, i);
            if (!text &&
                (!strcmp(names[i], "order_id") || !strcmp(names[i], "raw")))
                continue;
            if (text && !utf8_is_valid(text, strlen(text)))
                for (at = text; *at; at++)
                    if (*at & 0x80)
                        *at = '?';
            tree_set_text(mail, names[i], text);
        }
        tree_set_number(mail, "created", sqlite3_column_int64(query, 6));
        cJSON_AddItemToArray(mails, mail);
    }
    return mails;
}

static long long
drafts_count(void)
{
    sqlite3_stmt *query = store_query("SELECT count(*) FROM draft", "");
    long long count;

    store_next(query);
    count = sqlite3_column_int64(query, 0);
    store_end(query);
    return count;
}

void
ledger_serve(struct request *request, struct answer *answer)
{
    const char *order = form_get(&request->query, "order_id");
    bool is_brief = form_get(&request->query, "brief");
    cJSON *ledger = pool_tree(request->pool, cJSON_CreateObject());

    store_begin();
    tree_set(ledger, "charges", charges_read(order));
    tree_set(ledger, "mails", mails_read(request->pool, order, is_brief));
    tree_set_number(ledger, "drafts", drafts_count());
    tree_set(ledger, "intents", intents_read(order));
    tree_set(ledger, "refunds", taken_back_read("refund", order));
    tree_set(ledger, "disputes", taken_back_read("dispute", order));
    tree_set(ledger, "requests",
             rows_read(store_query("SELECT n, method, path, idempotency_key,"
                                   " status FROM request ORDER BY n",
                                   "")));
    store_commit();
    answer_tree(request, answer, 200, ledger);
}

void
ledger_mail(struct request *request, struct answer *answer, const char *id)
{
    sqlite3_stmt *query;
    size_t size;

    store_begin();
    query = store_query("SELECT raw FROM mail WHERE id = ?", "s", id);
    if (store_next(query)) {
        size = (size_t)sqlite3_column_bytes(query, 0);
        answer->status = 200;
        answer->content_type = "message/rfc822";
        answer->body =
            pool_copy(request->pool, sqlite3_column_blob(query, 0), size);
        answer->body_size = size;
        store_end(query);
    }
    store_commit();
    if (!answer->status)
        control_refuse(request, answer, 404, "no such mail");
}
