#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "tree.h"

enum { PAIRS_MAX = 1000 };

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    if (!at)
        return -1;
    return (int)(at - digits < 16 ? at - digits : at - digits - 6);
}

/* The length of the sequence that starts here by RFC 3629, 0 if none does. */
static size_t
utf8_sequence(const unsigned char *s, size_t size)
{
    size_t length, i;
    unsigned low = 0x80, high = 0xbf;

    if (s[0] < 0x80)
        return s[0] != 0;
    length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > size)
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (s[1] < low || s[1] > high)
        return 0;
    for (i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool
utf8_is_valid(const char *text, size_t size)
{
    size_t at = 0, step;

    while (at < size) {
        step = utf8_sequence((const unsigned char *)text + at, size - at);
        if (!step)
            return false;
        at += step;
    }
    return true;
}

static char *
decode(struct pool *pool, const char *text, size_t size)
{
    char *out = pool_alloc(pool, size + 1);
    size_t i, length = 0;

    for (i = 0; i < size; i++) {
        if (text[i] != '%') {
            out[length++] = text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= size || hex_digit(text[i + 1]) < 0 ||
            hex_digit(text[i + 2]) < 0)
            return NULL;
        out[length++] =
            (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
    }
    return utf8_is_valid(out, length) ? out : NULL;
}

static bool
pair_parse(struct pool *pool, const char *text, size_t size,
           struct form_pair *ret_pair)
{
    const char *equals = memchr(text, '=', size);
    size_t name = equals ? (size_t)(equals - text) : size;

    ret_pair->name = decode(pool, text, name);
    ret_pair->value = equals ? decode(pool, equals + 1, size - name - 1) : "";
    return ret_pair->name && ret_pair->value;
}

bool
form_parse(struct pool *pool, const char *text, size_t size,
           struct form *ret_form)
{
    const char *end = text + size, *stop;
    struct form form = { 0 };

    form.pairs = pool_alloc(pool, PAIRS_MAX * sizeof(*form.pairs));
    for (; text < end; text = stop + 1) {
        stop = memchr(text, '&', (size_t)(end - text));
        if (!stop)
            stop = end;
        if (stop == text)
            continue;
        if (form.count == PAIRS_MAX ||
            !pair_parse(pool, text, (size_t)(stop - text),
                        &form.pairs[form.count++]))
            return false;
    }
    *ret_form = form;
    return true;
}

const char *
form_get(const struct form *form, const char *name)
{
    size_t i;

    for (i = form->count; i > 0; i--)
        if (!strcmp(form->pairs[i - 1].name, name))
            return form->pairs[i - 1].value;
    return NULL;
}

/* By name, then by place: lists keep their order. */
static int
pair_compare(const void *a, const void *b)
{
    const struct form_pair *const *left = a, *const *right = b;
    int order = strcmp((*left)->name, (*right)->name);

    return order ? order : (*left > *right) - (*left < *right);
}

char *
form_canonical(struct pool *pool, const struct form *form)
{
    const struct form_pair **sorted =
        pool_alloc(pool, (form->count + 1) * sizeof(struct form_pair *));
    cJSON *list = pool_tree(pool, cJSON_CreateArray());
    size_t i;

    for (i = 0; i < form->count; i++)
        sorted[i] = &form->pairs[i];
    qsort(sorted, form->count, sizeof(*sorted), pair_compare);
    for (i = 0; i < form->count; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(sorted[i]->name));
        cJSON_AddItemToArray(list, cJSON_CreateString(sorted[i]->value));
    }
    return tree_print(pool, list);
}
