#include "io/idempotency.h"

static struct idempotency_store store;

struct idempotency_store *
idempotency_store(void)
{
    return &store;
}
