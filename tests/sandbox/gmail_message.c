#include "gmail_message.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "store.h"
#include "tree.h"

enum { LINE_MAX_SIZE = 998 };

/* A header with its folded lines, without the CRLF at its end. */
struct header {
    const char *name, *value, *end;
    size_t name_size;
};

/* RFC 5322, 3.6: these stand at most once. */
static const char *const singles[] = { "Date",        "From",       "Sender",
                                       "Reply-To",    "To",         "Cc",
                                       "Bcc",         "Message-ID", "Subject",
                                       "MIME-Version" };

/* The next header from *at on; 0 at the empty line, -1: ill-formed. */
static int
header_next(const struct message *message, const char **at,
            struct header *ret_header)
{
    const char *end = message->raw + message->size, *line = *at, *stop, *colon;

    stop = memmem(line, (size_t)(end - line), "\r\n", 2);
    if (!stop)
        return -1;
    if (stop == line)
        return 0;
    while (end - stop > 2 && (stop[2] == ' ' || stop[2] == '\t')) {
        stop = memmem(stop + 2, (size_t)(end - stop - 2), "\r\n", 2);
        if (!stop)
            return -1;
    }
    colon = memchr(line, ':', (size_t)(stop - line));
    if (!colon || colon == line)
        return -1;
    *ret_header =
        (struct header){ line, colon + 1, stop, (size_t)(colon - line) };
    *at = stop + 2;
    return 1;
}

static int
is_named(const struct header *header, const char *name)
{
    return header->name_size == strlen(name) &&
           !strncasecmp(header->name, name, header->name_size);
}

/* Unfolds a value (RFC 5322, 2.2.3) and trims it. */
static char *
value_of(struct pool *pool, const struct header *header)
{
    char *value = pool_alloc(pool, (size_t)(header->end - header->value) + 1),
         *to = value;
    const char *from;

    for (from = header->value; from < header->end; from++)
        if (*from != '\r' && *from != '\n')
            *to++ = *from;
    while (to > value && isspace((unsigned char)to[-1]))
        *--to = '\0';
    return value + strspn(value, " \t");
}

const char *
message_header(const struct message *message, const char *name)
{
    const char *at = message->raw;
    struct header header;

    while (header_next(message, &at, &header) == 1)
        if (is_named(&header, name))
            return value_of(message->pool, &header);
    return NULL;
}

cJSON *
message_headers(const struct message *message)
{
    const char *at = message->raw;
    cJSON *list = cJSON_CreateArray(), *item;
    struct header header;

    while (header_next(message, &at, &header) == 1) {
        item = cJSON_CreateObject();
        tree_set_text(item, "name",
                      pool_copy(message->pool, header.name, header.name_size));
        tree_set_text(item, "value", value_of(message->pool, &header));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static const char *
lines_fault(const struct message *message)
{
    const char *at = message->raw, *end = at + message->size, *stop, *text;

    if (memchr(at, '\0', message->size))
        return "Invalid message: it holds a NUL";
    for (; at < end; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        text = stop ? stop - 1 : end; /* where the text of the line ends */
        if (!stop)
            stop = end;
        if (text < at || (text < stop && *text != '\r') ||
            memchr(at, '\r', (size_t)(text - at)))
            return "Invalid message: lines must end in CRLF";
        if (text - at > LINE_MAX_SIZE)
            return "Invalid message: a line has more than 998 characters";
    }
    return NULL;
}

static const char *
name_fault(const struct header *header)
{
    size_t i;

    for (i = 0; i < header->name_size; i++)
        if (!isgraph((unsigned char)header->name[i]))
            return "Invalid message: a header's name is ill-formed";
    return NULL;
}

const char *
message_fault(const struct message *message)
{
    unsigned seen[sizeof(singles) / sizeof(*singles)] = { 0 };
    const char *at = message->raw, *fault = lines_fault(message);
    struct header header;
    int more = 1;
    size_t i;

    while (!fault && (more = header_next(message, &at, &header)) == 1) {
        fault = name_fault(&header);
        for (i = 0; i < sizeof(singles) / sizeof(*singles); i++)
            if (is_named(&header, singles[i]) && seen[i]++)
                fault =
                    pool_printf(message->pool,
                                "Invalid message: %s stands twice", singles[i]);
    }
    if (!fault && more < 0)
        fault = "Invalid message: the headers are ill-formed, or no empty "
                "line ends them";
    if (!fault && !message_header(message, "From"))
        fault = "Invalid From header";
    return fault;
}

int
message_has_recipient(const struct message *message)
{
    static const char *const names[] = { "To", "Cc", "Bcc" };
    const char *value, *at;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        value = message_header(message, names[i]);
        at = value ? strchr(value, '@') : NULL;
        if (at && at > value && isalnum((unsigned char)at[1]))
            return 1;
    }
    return 0;
}

/* <local@domain>, RFC 5322, 3.6.4, as far as it matters. */
static int
id_is_good(const char *id)
{
    size_t size = strlen(id);
    const char *at = strchr(id, '@');

    if (size < 5 || id[0] != '<' || id[size - 1] != '>' || !at)
        return 0;
    return at > id + 1 && at < id + size - 2 && !strchr(at + 1, '@') &&
           strcspn(id + 1, "<> \t") == size - 2;
}

struct message
message_with_id(const struct message *message)
{
    const char *id = message_header(message, "Message-ID"), *at = message->raw,
               *old = at;
    struct message better = *message;
    struct header header;
    char random[25], *raw;
    const char *head;
    size_t size;

    if (id && id_is_good(id))
        return better;
    random_text(random, sizeof(random) - 1);
    head = pool_printf(message->pool,
                       "Message-ID: <CA%s@mail.gmail.com>\r\n"
                       "%s%s%s",
                       random, id ? "X-Google-Original-Message-ID: " : "",
                       id ? id : "", id ? "\r\n" : "");
    size = strlen(head);
    better.raw = raw = pool_alloc(message->pool, size + message->size + 1);
    memcpy(raw, head, size);
    /* everything but the header that is replaced follows */
    while (header_next(message, &at, &header) == 1) {
        if (!is_named(&header, "Message-ID")) {
            memcpy(raw + size, old, (size_t)(at - old));
            size += (size_t)(at - old);
        }
        old = at;
    }
    memcpy(raw + size, old, (size_t)(message->raw + message->size - old));
    better.size = size + (size_t)(message->raw + message->size - old);
    return better;
}
