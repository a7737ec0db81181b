#include "io/doc.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A doc is a cJSON under another name: no header but this file knows it. */
static const cJSON *
json(const struct doc *doc)
{
    return (const cJSON *)doc;
}

static const struct doc *
doc(const cJSON *json)
{
    return (const struct doc *)json;
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Past a number by the grammar of RFC 8259, 6; NULL: not one. */
static const char *
skip_number(const char *at)
{
    if (*at == '-')
        at++;
    if (*at == '0')
        at++;
    else if (is_digit(*at))
        while (is_digit(*at))
            at++;
    else
        return NULL;
    if (*at == '.') {
        if (!is_digit(*++at))
            return NULL;
        while (is_digit(*at))
            at++;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-')
            at++;
        if (!is_digit(*at))
            return NULL;
        while (is_digit(*at))
            at++;
    }
    /* "01" and "1a" begin like numbers */
    return is_digit(*at) || *at == '.' ? NULL : at;
}

/* Whether "u" and four hex digits stand here; others cJSON reads as U+0000. */
static bool
is_code_unit(const char *at)
{
    return *at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4;
}

/* Past the closing quote; NULL: something that cJSON would let pass. */
static const char *
skip_string(const char *at, const char **ret_why)
{
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            *ret_why = *at ? "a control character in a string"
                           : "a string that isn't closed";
        else if (*at == '\\' && !strncmp(at + 1, "u0000", 5))
            *ret_why = "\\u0000, which no text may hold";
        else if (*at == '\\' && at[1] == 'u' && !is_code_unit(at + 1))
            *ret_why = "\\u without four hexadecimal digits";
        else if (*at == '\\' && at[1])
            at++;
        if (*ret_why)
            return NULL;
    }
    return at + 1;
}

/* What cJSON doesn't check itself; NULL: nothing found. */
static const char *
objection(const char *bytes, const char **ret_at)
{
    const char *why = NULL, *at = bytes, *next;
    int depth = 0;

    for (; !why && *at; at = next) {
        next = at + 1;
        *ret_at = at;
        if (*at == '"') {
            next = skip_string(at, &why);
        } else if (*at == '-' || is_digit(*at)) {
            if (!(next = skip_number(at)))
                why = "not a number";
        } else if (*at == '[' || *at == '{') {
            if (++depth > DOC_DEPTH)
                why = "nested too deeply";
        } else if (*at == ']' || *at == '}') {
            depth--;
        } else if ((unsigned char)*at < 0x20 && !strchr("\t\n\r", *at)) {
            why = "a control character";
        }
    }
    return why;
}

static void
release(void *tree)
{
    cJSON_Delete(tree);
}

enum err
doc_parse(struct ctx *cx, const char *bytes, size_t size,
          const struct doc **ret_doc)
{
    const char *end = bytes, *why;
    cJSON *tree;

    if (size == 0)
        return fail(cx, ERR_MALFORMED, "the body is empty; JSON is needed");
    if (!text_is_utf8(bytes, size))
        return fail(cx, ERR_MALFORMED, "the body is not UTF-8");
    if (memchr(bytes, '\0', size))
        return fail(cx, ERR_MALFORMED, "the body holds a NUL");
    if (!strncmp(bytes, "\xef\xbb\xbf", 3))
        return fail(cx, ERR_MALFORMED, "the body begins with a BOM");
    /* from here on a terminated copy: the scan looks ahead */
    bytes = arena_strndup(cx->arena, bytes, size);
    if ((why = objection(bytes, &end)))
        return fail(cx, ERR_MALFORMED, "the JSON has %s at byte %zd", why,
                    end - bytes);
    tree = cJSON_ParseWithLengthOpts(bytes, size + 1, &end, 1);
    if (!tree)
        return fail(cx, ERR_MALFORMED, "the JSON is malformed at byte %zd",
                    end - bytes);
    arena_defer(cx->arena, release, tree);
    *ret_doc = doc(tree);
    return OK;
}

enum doc_type
doc_type(const struct doc *value)
{
    switch (value ? json(value)->type & 0xff : cJSON_Invalid) {
    case cJSON_NULL:
        return DOC_NULL;
    case cJSON_True:
    case cJSON_False:
        return DOC_BOOL;
    case cJSON_Number:
        return DOC_NUMBER;
    case cJSON_String:
        return DOC_TEXT;
    case cJSON_Array:
        return DOC_ARRAY;
    case cJSON_Object:
        return DOC_OBJECT;
    default:
        return DOC_NOTHING;
    }
}

const char *
doc_name(const struct doc *value)
{
    return value ? json(value)->string : NULL;
}

const struct doc *
doc_first(const struct doc *value)
{
    return value ? doc(json(value)->child) : NULL;
}

const struct doc *
doc_next(const struct doc *value)
{
    return value ? doc(json(value)->next) : NULL;
}

const struct doc *
doc_at(const struct doc *value, const char *path)
{
    while (*path) {
        size_t size = strcspn(path, ".");
        const struct doc *member = doc_first(value);

        if (doc_type(value) != DOC_OBJECT)
            return NULL;
        while (member && (strlen(doc_name(member)) != size ||
                          memcmp(doc_name(member), path, size)))
            member = doc_next(member);
        if (!(value = member))
            return NULL;
        path += size + (path[size] == '.');
    }
    return value;
}

const char *
doc_text(const struct doc *value)
{
    return doc_type(value) == DOC_TEXT ? json(value)->valuestring : NULL;
}

bool
doc_int(const struct doc *value, int64_t *ret_number)
{
    double number;

    if (doc_type(value) != DOC_NUMBER)
        return false;
    number = json(value)->valuedouble;
    /* 2^53 - 1: beyond it a double no longer tells neighbours apart */
    if (!(fabs(number) <= 9007199254740991.0) || number != floor(number))
        return false;
    *ret_number = (int64_t)number;
    return true;
}

bool
doc_is_true(const struct doc *value)
{
    return value && cJSON_IsTrue(json(value));
}

/*
 * Whether that many decimals can't be enough. Below 1e15 the product is off by
 * less than a fifth, so the whole number next to it is the one that would be
 * printed; and it and the power of ten are exact, so that their quotient is
 * what would be read.
 */
static bool
has_more_decimals(double number, double power)
{
    double product = number * power;

    return fabs(product) < 1e15 && rint(product) / power != number;
}

const char *
doc_decimal(struct ctx *cx, const struct doc *value)
{
    const double most = 1e15;
    const char *text = NULL;
    double number, power = 1;
    size_t end;

    if (doc_type(value) != DOC_NUMBER)
        return NULL;
    number = json(value)->valuedouble;
    if (!(fabs(number) < most))
        return NULL;
    /* the fewest decimals that read back as the same number */
    for (int decimals = 0; decimals <= 15; decimals++, power *= 10) {
        if (has_more_decimals(number, power))
            continue; /* found out without printing and reading it */
        text = arena_printf(cx->arena, "%.*f", decimals, number);
        if (strtod(text, NULL) == number)
            break;
    }
    if (!text || strtod(text, NULL) != number)
        return NULL;
    end = strspn(text, "-0.");
    return strlen(text + end) <= 16 ? text : NULL;
}
