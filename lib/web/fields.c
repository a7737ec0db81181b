#include "web/fields.h"

#include <string.h>

#include "base/id.h"
#include "base/money.h"
#include "base/text.h"
#include "io/doc.h"
#include "web/request.h"

enum { NAME_SHOWN = 64 };

/* One member of the input: from JSON (doc), or from a query (text). */
struct field_input {
    const char *name;
    const struct doc *doc;
    const char *text;
};

/* "/name", with RFC 6901's escapes; a client's name is cut to a sane length. */
static const char *
pointer_of(struct ctx *cx, const char *name)
{
    struct text text;

    /* each byte may become two; the last character has up to four */
    text_init(&text, cx->arena, (size_t)NAME_SHOWN * 2 + 8);
    text_add_char(&text, '/');
    for (size_t i = 0; name[i]; i++) {
        /* only between characters may a name be cut */
        if (i >= NAME_SHOWN && ((unsigned char)name[i] & 0xc0) != 0x80)
            break;
        if (name[i] == '~')
            text_add(&text, "~0");
        else if (name[i] == '/')
            text_add(&text, "~1");
        else
            text_add_char(&text, name[i]);
    }
    return text.bytes;
}

/* A text's content, whatever it is for. */
static enum err
check_text(struct ctx *cx, const struct field *field, const char *pointer,
           const char *value)
{
    int64_t length = (int64_t)text_length(value);

    if (text_has_control(value))
        return fail_field(cx, pointer, "has a control character");
    if (field->kind == FIELD_KIND_ID && !id_is_valid(value))
        return fail_field(cx, pointer,
                          "must be an id: 36 characters, lower case");
    if (field->kind == FIELD_KIND_CURRENCY && !money_is_currency(value))
        return fail_field(cx, pointer,
                          "must be a currency that can be charged, as \"usd\"");
    if (length < field->least || length > field->most)
        return fail_field(cx, pointer, "must have %lld to %lld characters",
                          (long long)field->least, (long long)field->most);
    if (field->kind != FIELD_KIND_PASSWORD && value[strspn(value, " ")] == 0)
        return fail_field(cx, pointer, "must not be blank");
    return OK;
}

static enum err
read_text(struct ctx *cx, const struct field *field, const char *pointer,
          const struct field_input *input, void *into)
{
    const char *value = input->text ? input->text : doc_text(input->doc);
    enum err err;

    if (!value && field->kind == FIELD_KIND_DECIMAL) {
        value = doc_decimal(cx, input->doc);
        if (!value)
            return fail_field(cx, pointer,
                              "must be a number of at most 15 digits, or a "
                              "decimal string as \"19.99\"");
    }
    if (!value)
        return fail_field(cx, pointer, "must be a string");
    if ((err = check_text(cx, field, pointer, value)))
        return err;
    *(const char **)into = value;
    return OK;
}

static enum err
read_int(struct ctx *cx, const struct field *field, const char *pointer,
         const struct field_input *input, void *into)
{
    int64_t value;

    if (!(input->text ? text_to_int64(input->text, &value)
                      : doc_int(input->doc, &value)))
        return fail_field(cx, pointer, "must be a whole number");
    if (value < field->least || value > field->most)
        return fail_field(cx, pointer, "must be from %lld to %lld",
                          (long long)field->least, (long long)field->most);
    *(int64_t *)into = value;
    return OK;
}

static enum err
read_bool(struct ctx *cx, const char *pointer, const struct field_input *input,
          void *into)
{
    if (doc_type(input->doc) != DOC_BOOL)
        return fail_field(cx, pointer, "must be true or false");
    *(int *)into = doc_is_true(input->doc);
    return OK;
}

/* Reads one member into the struct; notes what is wrong. */
static enum err
read_member(struct ctx *cx, const struct field *fields,
            const struct field_input *input, void *into, uint64_t *seen)
{
    const char *pointer = pointer_of(cx, input->name);
    const struct field *field = fields;
    char *to;

    while (field->name && strcmp(field->name, input->name))
        field++;
    if (!field->name)
        return fail_field(cx, pointer, "is not known here");
    if (*seen & UINT64_C(1) << (field - fields))
        return fail_field(cx, pointer, "is given twice");
    *seen |= UINT64_C(1) << (field - fields);
    to = (char *)into + field->offset;
    if (field->kind == FIELD_KIND_INT)
        return read_int(cx, field, pointer, input, to);
    if (field->kind == FIELD_KIND_BOOL)
        return read_bool(cx, pointer, input, to);
    return read_text(cx, field, pointer, input, to);
}

/* Notes the required members that `seen` (a bit a row) doesn't have. */
static enum err
check_complete(struct ctx *cx, const struct field *fields, uint64_t seen)
{
    enum err err = OK;

    for (const struct field *field = fields; field->name; field++) {
        if (field->presence == REQUIRED &&
            !(seen & UINT64_C(1) << (field - fields)))
            err = fail_field(cx, pointer_of(cx, field->name), "is missing");
    }
    return err;
}

enum err
request_fields(struct ctx *cx, const struct request *request, void *into)
{
    const struct doc *doc;
    uint64_t seen = 0;
    enum err err;

    if ((err = doc_parse(cx, request->body, request->body_size, &doc)))
        return err;
    if (doc_type(doc) != DOC_OBJECT)
        return fail(cx, ERR_MALFORMED, "the body must be a JSON object");
    for (const struct doc *member = doc_first(doc); member;
         member = doc_next(member)) {
        struct field_input input = { .name = doc_name(member), .doc = member };
        enum err one = read_member(cx, request->fields, &input, into, &seen);

        err = err ? err : one;
    }
    /* all that is wrong is said at once */
    return check_complete(cx, request->fields, seen) ? ERR_INVALID : err;
}

/* Decodes "%41+b" in place; false: malformed, or not clean UTF-8. */
static bool
decode(char *text)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    char *from = text, *to = text;

    for (; *from; from++) {
        char digits[3] = { 0 };

        if (*from != '%') {
            *to++ = (char)(*from == '+' ? ' ' : *from);
            continue;
        }
        if (strspn(from + 1, hex) < 2)
            return false;
        memcpy(digits, from + 1, 2);
        *to = (char)strtol(digits, NULL, 16);
        if (!*to++)
            return false;
        from += 2;
    }
    *to = '\0';
    return text_is_utf8(text, (size_t)(to - text));
}

enum err
request_query(struct ctx *cx, const struct request *request, void *into)
{
    char *rest = arena_strdup(cx->arena, request->query), *pair;
    uint64_t seen = 0;
    enum err err = OK;

    while ((pair = strsep(&rest, "&"))) {
        char *value = pair, *name = strsep(&value, "=");
        struct field_input input = { .name = name, .text = value };
        enum err one;

        if (!*name && !value)
            continue;
        if (!value || !decode(name) || !decode(value))
            return fail(cx, ERR_MALFORMED, "the query is malformed");
        one = read_member(cx, request->fields, &input, into, &seen);
        err = err ? err : one;
    }
    return check_complete(cx, request->fields, seen) ? ERR_INVALID : err;
}
