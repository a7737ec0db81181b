#include "base/err.h"

static const struct {
    int status;
    const char *type, *title;
} rows[] = {
#define X(name, status, type, title) [name] = { status, type, title },
    ERR_TABLE(X)
#undef X
};

int
err_status(enum err err)
{
    return rows[err].status;
}

const char *
err_type(enum err err)
{
    return rows[err].type;
}

const char *
err_title(enum err err)
{
    return rows[err].title;
}
