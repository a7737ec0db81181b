/*
 * till-sandbox --state DIR [--port N] [--webhook URL --webhook-secret WHSEC]:
 * a Stripe and a Gmail on 127.0.0.1 that move no money and send no mail.
 *
 * Events go to the webhook, whose URL must be on this machine; the secret may
 * be two, comma-separated. TILL_SANDBOX_WEBHOOK and
 * TILL_SANDBOX_WEBHOOK_SECRET stand in for the two words.
 *
 * Everything is kept in DIR, so that a kill and a start lose nothing. The port
 * is the one asked for, else the one of the last time as DIR/port has it, else
 * any free one; DIR/port is written once it is listened on. SIGTERM ends it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "control.h"
#include "http.h"
#include "store.h"
#include "vendor.h"
#include "webhook.h"

struct options {
    const char *state;
    long port; /* -1: not asked for */
    const char *webhook, *webhook_secret;
};

static int
usage(void)
{
    fputs("usage: till-sandbox --state DIR [--port N]"
          " [--webhook URL --webhook-secret WHSEC]\n",
          stderr);
    return 2;
}

static long
port_parse(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return end == text || (*end && *end != '\n') || port < 1 || port > 65535
               ? -1
               : port;
}

static int
options_read(int count, char **words, struct options *ret_options)
{
    int i;

    *ret_options = (struct options){
        .port = -1,
        .webhook = getenv("TILL_SANDBOX_WEBHOOK"),
        .webhook_secret = getenv("TILL_SANDBOX_WEBHOOK_SECRET"),
    };
    for (i = 1; i + 1 < count; i += 2) {
        if (!strcmp(words[i], "--state"))
            ret_options->state = words[i + 1];
        else if (!strcmp(words[i], "--port"))
            ret_options->port = port_parse(words[i + 1]);
        else if (!strcmp(words[i], "--webhook"))
            ret_options->webhook = words[i + 1];
        else if (!strcmp(words[i], "--webhook-secret"))
            ret_options->webhook_secret = words[i + 1];
        else
            return -1;
        if (!strcmp(words[i], "--port") && ret_options->port < 0)
            return -1;
    }
    return i == count && ret_options->state ? 0 : -1;
}

static uint16_t
port_remembered(const char *state)
{
    char path[4096], line[16] = "";
    FILE *file;
    long port;

    snprintf(path, sizeof(path), "%s/port", state);
    file = fopen(path, "re");
    if (!file)
        return 0;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    port = port_parse(line);
    return port < 0 ? 0 : (uint16_t)port;
}

/* A reader sees the old port or the new one, never half of one. */
static int
port_write(const char *state, uint16_t port)
{
    char path[4096], next[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/port", state);
    snprintf(next, sizeof(next), "%s/port.new", state);
    file = fopen(next, "we");
    if (!file)
        return -1;
    fprintf(file, "%u\n", port);
    return fclose(file) || rename(next, path) ? -1 : 0;
}

static void
serve(struct request *request, struct answer *answer)
{
    if (!strncmp(request->path, "/sandbox/", 9))
        control_serve(request, answer);
    else
        vendor_serve(request, answer);
}

/* Hundreds of connections at once need as many descriptors. */
static void
descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void
signals_hold(sigset_t *ret_ends)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(ret_ends);
    sigaddset(ret_ends, SIGTERM);
    sigaddset(ret_ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret_ends, NULL);
}

/* An endpoint that was set before stays when none is named now. */
static int
endpoint_set(const struct options *options)
{
    struct pool *pool;
    const char *fault;

    if (!options->webhook || !*options->webhook)
        return 0;
    pool = pool_new();
    store_begin();
    fault = webhook_register(pool, options->webhook,
                             options->webhook_secret ? options->webhook_secret
                                                     : "");
    store_commit();
    if (fault)
        fprintf(stderr, "till-sandbox: %s\n", fault);
    pool_free(pool);
    return fault ? -1 : 0;
}

int
main(int count, char **words)
{
    struct options options;
    sigset_t ends;
    uint16_t port;
    int signal_number;

    if (options_read(count, words, &options))
        return usage();
    if (mkdir(options.state, 0700) && errno != EEXIST) {
        fprintf(stderr, "till-sandbox: %s: %s\n", options.state,
                strerror(errno));
        return 1;
    }
    descriptors_raise();
    signals_hold(&ends);
    store_open(options.state);
    if (endpoint_set(&options))
        return 1;
    webhook_start();
    port = options.port < 0 ? port_remembered(options.state)
                            : (uint16_t)options.port;
    port = http_start(port, options.port < 0, serve);
    if (!port || port_write(options.state, port)) {
        fputs("till-sandbox: no port to listen on, or it can't be told\n",
              stderr);
        return 1;
    }
    printf("till-sandbox: THIS IS A SANDBOX. It stands in for Stripe and Gmail"
           " on http://127.0.0.1:%u\n"
           "till-sandbox: no money moves and no mail leaves\n",
           port);
    fflush(stdout);
    sigwait(&ends, &signal_number);
    webhook_stop();
    http_stop();
    store_close();
    return 0;
}
