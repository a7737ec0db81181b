/* What the payment service keeps, for `till copy` (io/record.h). */
#include "io/idempotency.h"
#include "io/mongo_doc.h"
#include "payment/payment_store.h"

static const struct record_field attempt_fields[] = {
    RECORD_INT("number"),
    RECORD_TEXT("key"),
    RECORD_TEXT("payment_method"),
    RECORD_TEXT("state"),
    RECORD_TEXT("code"),
    RECORD_TEXT("message"),
    RECORD_TEXT("return_url"),
    RECORD_TIME("submitted_at"),
    { 0 },
};

static const struct record_field effect_fields[] = {
    RECORD_TEXT("kind"),
    RECORD_TEXT("state"),
    { 0 },
};

static const struct record_field refund_fields[] = {
    RECORD_INT("number"),
    RECORD_TEXT("key"),
    RECORD_TEXT("request_key"),
    RECORD_INT("amount"),
    RECORD_TEXT("state"),
    RECORD_TEXT("stripe_id"),
    RECORD_TEXT("message"),
    RECORD_TEXT("mark"),
    RECORD_TEXT("notify"),
    RECORD_TIME("submitted_at"),
    { 0 },
};

enum { REVIEW_CLOSED_AT = 4, REVIEW_WIDTH = 7 };

static const struct record_field review_fields[] = {
    RECORD_TIME("raised_at"), RECORD_TEXT("kind"),
    RECORD_TEXT("subject"),   RECORD_TEXT("text"),
    RECORD_TIME("closed_at"), RECORD_TEXT("closed_by"),
    RECORD_TEXT("note"),      { 0 },
};

static const char *const effects[] = { "MarkPaid", "Notify", NULL };

static const struct record_field payment_fields[] = {
    RECORD_TEXT("order_id"),
    RECORD_TEXT("id"),
    RECORD_TEXT("user_id"),
    RECORD_INT("amount"),
    RECORD_TEXT("currency"),
    RECORD_TEXT("state"),
    RECORD_TEXT("intent_id"),
    RECORD_INT("intent_number"),
    RECORD_TEXT("lease_owner"),
    RECORD_TIME("lease_until"),
    RECORD_TIME("due_at"),
    RECORD_INT("version"),
    RECORD_TIME("created_at"),
    RECORD_TIME("updated_at"),
    RECORD_TIME("looked_at"),
    RECORD_PARTS("attempts", attempt_fields),
    { .name = "effects",
      .type = 'o',
      .parts = effect_fields,
      .names = effects,
      .none = "None" },
    RECORD_PARTS("refunds", refund_fields),
    RECORD_PARTS("reviews", review_fields),
    { 0 },
};

static const struct record_field event_fields[] = {
    RECORD_TEXT("id"),       RECORD_TEXT("type"),
    RECORD_TEXT("order_id"), RECORD_TEXT("intent_id"),
    RECORD_INT("created"),   RECORD_TIME("received_at"),
    RECORD_TIME("due_at"),   RECORD_INT("tries"),
    RECORD_TEXT("outcome"),  { 0 },
};

static const struct record_field turn_fields[] = {
    RECORD_TEXT("name"),
    RECORD_INT("known"),
    RECORD_TIME("next_at"),
    { 0 },
};

/* By which MongoDB finds those that need a person. */
static const struct mongo_doc *
needs_person(struct ctx *cx, const struct record *record)
{
    const struct db_value *reviews;
    bool is_open = false;
    size_t count;

    reviews = record_parts(&payment_records[0], record, "reviews", &count);
    for (size_t i = 0; i < count; i++)
        is_open |= reviews[i * REVIEW_WIDTH + REVIEW_CLOSED_AT].number == 0;
    return mongo_doc(cx, "b", "needs_person", is_open);
}

/* A turn is changed on condition of a version. */
static const struct mongo_doc *
first_version(struct ctx *cx, const struct record *record)
{
    (void)record;
    return mongo_doc(cx, "i", "version", (int64_t)1);
}

const struct record_kind payment_records[] = {
    { .table = "payments",
      .collection = "payments",
      .fields = payment_fields,
      .extra = needs_person },
    { .table = "events", .collection = "events", .fields = event_fields },
    { .table = "turns",
      .collection = "turns",
      .fields = turn_fields,
      .is_zero_none = true,
      .extra = first_version },
    IDEMPOTENCY_RECORDS("payment"),
    { 0 },
};
