/*
 * fcgi: speaks FastCGI to a program's socket, as nginx does and as nginx never
 * would. For tests.
 *
 *     fcgi SOCKET STEP ...
 *
 *     NAME=VALUE    a parameter of the requests from here on; CONTENT_LENGTH is
 *                   the body's size unless it is set (CONTENT_LENGTH= : none)
 *     body FILE     the body of the requests from here on; "" : none
 *     send          a whole request that asks to keep the connection
 *     most          a request but for its last record's content; then `rest`
 *     rest
 *     raw FILE      these bytes
 *     read          an answer, printed; "closed" where the connection ended
 *     say WORD      printed, when all before it has been sent
 *     until FILE    nothing, before this file exists
 *     end           our side of the connection is closed; answers still come
 *
 * The connection is made once, at the first step that needs it. No step waits
 * longer than 20 seconds. Exits with 1 when something can't be sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BODY_MAX = 16 * 1024 * 1024, RECORD_MAX = 32768, PARAMS = 64 };
enum {
    BEGIN_REQUEST = 1,
    END_REQUEST = 3,
    SET_PARAMS = 4,
    STDIN = 5,
    STDOUT = 6
};

static int connection = -1;
static char *body;
static size_t body_size;
static const char *params[PARAMS];
static char *late; /* what `most` has left for `rest` */
static size_t late_size;

static void
give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void
connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = 20 };

    if (strlen(path) >= sizeof address.sun_path)
        give_up(path);
    memcpy(address.sun_path, path, strlen(path));
    connection = socket(AF_UNIX, SOCK_STREAM, 0);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(connection, (struct sockaddr *)&address, sizeof address))
        give_up(path);
}

/* A program may close early, which `read` will tell. */
static void
put(const void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes = (const char *)bytes + sent;
        size -= (size_t)sent;
    }
}

/* One record, padded to 8 bytes as nginx does. */
static void
put_record(int type, const void *content, size_t size)
{
    static const char zeroes[8];
    size_t padding = (8 - size % 8) % 8;
    unsigned char head[8] = { 1,
                              (unsigned char)type,
                              0,
                              1,
                              (unsigned char)(size >> 8),
                              (unsigned char)size,
                              (unsigned char)padding };

    put(head, sizeof head);
    put(content, size);
    put(zeroes, padding);
}

static void
put_body(size_t size)
{
    for (size_t at = 0; at < size; at += RECORD_MAX)
        put_record(STDIN, body + at,
                   size - at < RECORD_MAX ? size - at : RECORD_MAX);
}

/* A length of the name-value pairs: one byte, or four with the top bit. */
static char *
put_length(char *to, size_t length)
{
    if (length < 128) {
        *to++ = (char)length;
        return to;
    }
    *to++ = (char)(length >> 24 | 0x80);
    *to++ = (char)(length >> 16);
    *to++ = (char)(length >> 8);
    *to++ = (char)length;
    return to;
}

static void
put_params(void)
{
    static char pairs[BODY_MAX];
    char length[64], *to = pairs;
    size_t size;

    snprintf(length, sizeof length, "CONTENT_LENGTH=%zu", body_size);
    for (int i = 0; i <= PARAMS; i++) {
        const char *pair = i < PARAMS ? params[i] : length, *value;

        if (!pair)
            continue;
        value = strchr(pair, '=') + 1;
        if (i < PARAMS && !strncmp(pair, "CONTENT_LENGTH=", 15))
            length[14] = '\0';
        if (i == PARAMS && !length[14])
            continue;
        if (!*value && !strncmp(pair, "CONTENT_LENGTH=", 15))
            continue;
        size = (size_t)(value - pair - 1);
        to = put_length(to, size);
        to = put_length(to, strlen(value));
        memcpy(to, pair, size);
        memcpy(to + size, value, strlen(value));
        to += size + strlen(value);
    }
    size = (size_t)(to - pairs);
    for (size_t at = 0; at < size; at += RECORD_MAX)
        put_record(SET_PARAMS, pairs + at,
                   size - at < RECORD_MAX ? size - at : RECORD_MAX);
    put_record(SET_PARAMS, NULL, 0);
}

static void
put_head(void)
{
    static const unsigned char begin[8] = { 0, 1 /* responder */,
                                            1 /* keep */ };

    put_record(BEGIN_REQUEST, begin, sizeof begin);
    put_params();
}

static int
take(void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t taken = recv(connection, bytes, size, 0);

        if (taken <= 0)
            return 0;
        bytes = (char *)bytes + taken;
        size -= (size_t)taken;
    }
    return 1;
}

static void
read_answer(void)
{
    static char content[65536 + 256];
    unsigned char head[8];

    while (take(head, sizeof head)) {
        size_t size = (size_t)head[4] << 8 | head[5];

        if (!take(content, size + head[6]))
            break;
        if (head[1] == STDOUT)
            fwrite(content, 1, size, stdout);
        if (head[1] == END_REQUEST) {
            puts("");
            return;
        }
    }
    puts("closed");
}

static void
read_file(const char *path, char **ret_bytes, size_t *ret_size)
{
    FILE *file = *path ? fopen(path, "r") : NULL;

    free(*ret_bytes);
    *ret_bytes = calloc(1, BODY_MAX);
    *ret_size = 0;
    if (!*ret_bytes || (*path && !file))
        give_up(path);
    if (!file)
        return;
    *ret_size = fread(*ret_bytes, 1, BODY_MAX, file);
    fclose(file);
}

static void
set_param(const char *pair)
{
    size_t name = (size_t)(strchr(pair, '=') - pair) + 1;

    for (int i = 0; i < PARAMS; i++) {
        if (!params[i] || !strncmp(params[i], pair, name)) {
            params[i] = pair;
            return;
        }
    }
    give_up("too many parameters");
}

/* Keeps back half of the body, and the record that ends it. */
static void
put_most(void)
{
    put_head();
    put_body(body_size / 2);
    late = body + body_size / 2;
    late_size = body_size - body_size / 2;
}

static void
put_rest(void)
{
    for (size_t at = 0; at < late_size; at += RECORD_MAX)
        put_record(STDIN, late + at,
                   late_size - at < RECORD_MAX ? late_size - at : RECORD_MAX);
    put_record(STDIN, NULL, 0);
}

/* A file is how a test says that something has happened meanwhile. */
static void
wait_until(const char *path)
{
    const struct timespec moment = { .tv_nsec = 5000000 };

    for (int i = 0; i < 4000 && access(path, F_OK); i++)
        nanosleep(&moment, NULL);
}

static void
take_step(const char *step)
{
    if (!strcmp(step, "send")) {
        put_head();
        put_body(body_size);
        put_record(STDIN, NULL, 0);
    } else if (!strcmp(step, "most")) {
        put_most();
    } else if (!strcmp(step, "rest")) {
        put_rest();
    } else if (!strcmp(step, "read")) {
        read_answer();
    } else if (!strcmp(step, "end")) {
        shutdown(connection, SHUT_WR);
    } else {
        fprintf(stderr, "fcgi: no such step: %s\n", step);
        exit(64);
    }
    fflush(stdout);
}

int
main(int count, char **words)
{
    static char *raw;
    size_t raw_size;

    if (count < 3)
        return 64;
    connect_to(words[1]);
    for (int i = 2; i < count; i++) {
        if (!strcmp(words[i], "body") && i + 1 < count) {
            read_file(words[++i], &body, &body_size);
        } else if (!strcmp(words[i], "raw") && i + 1 < count) {
            read_file(words[++i], &raw, &raw_size);
            put(raw, raw_size);
        } else if (!strcmp(words[i], "say") && i + 1 < count) {
            puts(words[++i]);
            fflush(stdout);
        } else if (!strcmp(words[i], "until") && i + 1 < count) {
            wait_until(words[++i]);
        } else if (strchr(words[i], '=')) {
            set_param(words[i]);
        } else {
            take_step(words[i]);
        }
    }
    return 0;
}
