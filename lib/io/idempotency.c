#include "io/idempotency.h"

static struct idempotency_store store;

struct idempotency_store *
idempotency_store(void)
{
    return &store;
}

const struct record_field idempotency_fields[] = {
    RECORD_TEXT("key"),        RECORD_TEXT("request"),
    RECORD_TEXT("owner"),      RECORD_TIME("lease_until"),
    RECORD_TIME("expires_at"), RECORD_INT("status"),
    RECORD_TEXT("object_id"),  RECORD_TEXT("content_type"),
    RECORD_TEXT("etag"),       RECORD_TEXT("headers"),
    RECORD_TEXT("body"),       { 0 },
};
