#include "user/user_email.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

/* RFC 5322, 3.2.3: dot-atom-text; returns its end, or NULL. */
static const char *
skip_local(const char *at)
{
    static const char atext[] = LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~";
    const char *start = at;
    size_t size;

    while ((size = strspn(at, atext)) > 0 && at[size] == '.')
        at += size + 1;
    at += size;
    return size > 0 && at - start <= LOCAL_MAX ? at : NULL;
}

static bool
is_label(const char *label, size_t size)
{
    return size > 0 && size <= LABEL_MAX && label[0] != '-' &&
           label[size - 1] != '-';
}

static bool
is_domain(const char *at)
{
    for (int labels = 1;; labels++) {
        size_t size = strspn(at, LETTERS DIGITS "-");

        if (!is_label(at, size))
            return false;
        /* "10.0.0.1" has the form of a domain and is none */
        if (!at[size])
            return labels > 1 && strspn(at, DIGITS) < size;
        if (at[size] != '.')
            return false;
        at += size + 1;
    }
}

bool
user_email_is_valid(const char *email)
{
    const char *at;

    if (strnlen(email, USER_EMAIL_MAX + 1) > USER_EMAIL_MAX)
        return false;
    at = skip_local(email);
    return at && *at == '@' && is_domain(at + 1);
}

const char *
user_email_key(struct ctx *cx, const char *email)
{
    char *key = arena_strdup(cx->arena, email);

    for (char *at = key; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return key;
}
