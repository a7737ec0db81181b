#include "http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tree.h"

enum {
    BODY_MAX = 36 << 20, /* Gmail takes messages up to 35 MB */
    CONNECTIONS_MAX = 4000,
    IDLE_SECONDS = 120,
    HEADER_BYTES = 64 << 10,
    STACK_BYTES = 512 << 10,
    HANG_MS = 3600 * 1000,
    HANG_LOOK_MS = 50
};

/* What has come of a request so far. */
struct arrival {
    struct pool *pool;
    char *body;
    size_t size, room;
    bool is_too_large;
};

struct cut_body {
    const char *body;
    size_t left;
};

static struct MHD_Daemon *http_daemon;
static uint16_t http_port_taken;
static void (*http_serve)(struct request *, struct answer *);
static pthread_mutex_t pause_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pause_over;
static unsigned long releases; /* how often the waiting were let go */
static bool is_stopping;

const char *
request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                       name);
}

void
answer_header(struct answer *answer, const char *name, const char *value)
{
    size_t i;

    for (i = 0; i < answer->header_count; i++)
        if (!strcasecmp(answer->headers[i].name, name))
            break;
    if (i == ANSWER_HEADERS)
        return;
    answer->headers[i] = (struct form_pair){ name, value };
    if (i == answer->header_count)
        answer->header_count++;
}

void
answer_tree(struct request *request, struct answer *answer, unsigned status,
            const cJSON *tree)
{
    answer->status = status;
    answer->content_type = "application/json";
    answer->body = tree_print(request->pool, tree);
    answer->body_size = strlen(answer->body);
}

/* Ends the body before its announced length, which closes the connection. */
static ssize_t
cut_read(void *cls, uint64_t at, char *buffer, size_t room)
{
    struct cut_body *cut = cls;
    size_t size = cut->left < room ? cut->left : room;

    if (!size)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(buffer, cut->body + at, size);
    cut->left -= size;
    return (ssize_t)size;
}

static void
cut_free(void *cls)
{
    struct cut_body *cut = cls;

    free((char *)cut->body);
    free(cut);
}

static struct MHD_Response *
cut_response(const struct answer *answer)
{
    struct cut_body *cut = calloc(1, sizeof(*cut));
    char *copy = malloc(answer->body_size + 1);

    if (!cut || !copy)
        abort();
    memcpy(copy, answer->body, answer->body_size);
    cut->body = copy;
    cut->left = (size_t)answer->cut;
    return MHD_create_response_from_callback(answer->body_size, 4096, cut_read,
                                             cut, cut_free);
}

static enum MHD_Result
answer_send(struct MHD_Connection *connection, const struct answer *answer)
{
    struct MHD_Response *response;
    enum MHD_Result result;
    size_t i;

    if (answer->drop)
        return MHD_NO;
    if (answer->cut >= 0 && (size_t)answer->cut < answer->body_size)
        response = cut_response(answer);
    else
        response = MHD_create_response_from_buffer(answer->body_size,
                                                   (void *)(size_t)answer->body,
                                                   MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (answer->content_type)
        MHD_add_response_header(response, "Content-Type", answer->content_type);
    MHD_add_response_header(response, "Till-Sandbox",
                            "no money moves and no mail leaves");
    for (i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name,
                                answer->headers[i].value);
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static struct arrival *
arrival_new(void)
{
    struct arrival *arrival = calloc(1, sizeof(*arrival));

    if (!arrival)
        abort();
    arrival->pool = pool_new();
    return arrival;
}

static void
arrival_add(struct arrival *arrival, const char *data, size_t size)
{
    if (arrival->size + size > BODY_MAX) {
        arrival->is_too_large = true;
        return;
    }
    if (arrival->size + size >= arrival->room) {
        arrival->room = (arrival->size + size + 1024) * 2;
        arrival->body = realloc(arrival->body, arrival->room);
        if (!arrival->body)
            abort();
    }
    memcpy(arrival->body + arrival->size, data, size);
    arrival->size += size;
    arrival->body[arrival->size] = '\0';
}

static enum MHD_Result
query_add(void *cls, enum MHD_ValueKind kind, const char *name,
          const char *value)
{
    struct request *request = cls;
    struct form *query = &request->query;

    (void)kind;
    query->pairs[query->count++] =
        (struct form_pair){ pool_copy(request->pool, name, strlen(name)),
                            pool_copy(request->pool, value ? value : "",
                                      value ? strlen(value) : 0) };
    return MHD_YES;
}

static void
query_read(struct request *request)
{
    int count = MHD_get_connection_values(request->connection,
                                          MHD_GET_ARGUMENT_KIND, NULL, NULL);

    request->query.pairs = pool_alloc(
        request->pool, ((size_t)count + 1) * sizeof(struct form_pair));
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
                              query_add, request);
}

/* What is sent may come back in JSON, which must be UTF-8. */
static bool
target_is_good(const struct request *request)
{
    const struct form_pair *pair = request->query.pairs,
                           *end = pair + request->query.count;

    for (; pair < end; pair++)
        if (!utf8_is_valid(pair->name, strlen(pair->name)) ||
            !utf8_is_valid(pair->value, strlen(pair->value)))
            return false;
    return utf8_is_valid(request->path, strlen(request->path));
}

/* libmicrohttpd calls this with the header, each piece of body, the end. */
static enum MHD_Result
http_receive(void *cls, struct MHD_Connection *connection, const char *path,
             const char *method, const char *version, const char *data,
             size_t *size, void **state)
{
    struct arrival *arrival = *state;
    struct answer answer = { .cut = -1, .body = "" };
    struct request request;

    (void)cls;
    (void)version;
    if (!arrival) {
        *state = arrival_new();
        return MHD_YES;
    }
    if (*size) {
        arrival_add(arrival, data, *size);
        *size = 0;
        return MHD_YES;
    }
    request = (struct request){ .pool = arrival->pool,
                                .method = method,
                                .path = path,
                                .body = arrival->body ? arrival->body : "",
                                .body_size = arrival->size,
                                .connection = connection };
    query_read(&request);
    if (arrival->is_too_large)
        answer.status = MHD_HTTP_CONTENT_TOO_LARGE;
    else if (!target_is_good(&request))
        answer.status = MHD_HTTP_BAD_REQUEST;
    else
        http_serve(&request, &answer);
    return answer_send(connection, &answer);
}

static void
http_done(void *cls, struct MHD_Connection *connection, void **state,
          enum MHD_RequestTerminationCode code)
{
    struct arrival *arrival = *state;

    (void)cls;
    (void)connection;
    (void)code;
    if (!arrival)
        return;
    pool_free(arrival->pool);
    free(arrival->body);
    free(arrival);
    *state = NULL;
}

static enum MHD_Result
http_admit(void *cls, const struct sockaddr *address, socklen_t size)
{
    const struct sockaddr_in *peer = (const void *)address;

    (void)cls;
    return size >= sizeof(*peer) && address->sa_family == AF_INET &&
                   ntohl(peer->sin_addr.s_addr) >> 24 == 127
               ? MHD_YES
               : MHD_NO;
}

/* A listening socket; -1 if the port is taken. */
static int
listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
        !bind(fd, (const void *)&address, sizeof(address)) && !listen(fd, 1024))
        return fd;
    close(fd);
    return -1;
}

static uint16_t
port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    return getsockname(fd, (void *)&address, &size) ? 0
                                                    : ntohs(address.sin_port);
}

uint16_t
http_port(void)
{
    return http_port_taken;
}

uint16_t
http_start(uint16_t port, bool may_differ,
           void (*serve)(struct request *, struct answer *))
{
    int fd = listen_on(port);
    pthread_condattr_t monotonic;

    if (fd < 0 && may_differ)
        fd = listen_on(0);
    if (fd < 0)
        return 0;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pause_over, &monotonic);
    pthread_condattr_destroy(&monotonic);
    http_serve = serve;
    port = port_of(fd);
    http_port_taken = port;
    http_daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
            MHD_USE_POLL | MHD_USE_ITC,
        0, http_admit, NULL, http_receive, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, http_done, NULL, MHD_OPTION_END);
    return http_daemon ? port : 0;
}

void
http_stop(void)
{
    pthread_mutex_lock(&pause_lock);
    is_stopping = true;
    pthread_cond_broadcast(&pause_over);
    pthread_mutex_unlock(&pause_lock);
    MHD_stop_daemon(http_daemon);
}

bool
http_pause(long milliseconds)
{
    struct timespec until;
    unsigned long seen;
    bool is_over;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&pause_lock);
    seen = releases;
    while (!is_stopping && seen == releases &&
           !pthread_cond_timedwait(&pause_over, &pause_lock, &until))
        ;
    is_over = !is_stopping && seen == releases;
    pthread_mutex_unlock(&pause_lock);
    return is_over;
}

void
http_hang(const struct request *request)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd client = { .fd = info->connect_fd, .events = POLLRDHUP };
    long i;

    for (i = 0; i < HANG_MS / HANG_LOOK_MS && http_pause(HANG_LOOK_MS); i++)
        if (poll(&client, 1, 0) == 1)
            return;
}

void
http_release(void)
{
    pthread_mutex_lock(&pause_lock);
    releases++;
    pthread_cond_broadcast(&pause_over);
    pthread_mutex_unlock(&pause_lock);
}
