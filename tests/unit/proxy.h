/*
 * Stands between a client and a server on loopback and makes the network
 * fail, at a request that holds two words: so a test chooses what is lost.
 */
#ifndef TILL_TESTS_PROXY_H
#define TILL_TESTS_PROXY_H

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { PROXY_CONNECTIONS = 64, PROXY_CHUNK = 64 * 1024 };

enum proxy_fault {
    PROXY_PASS,
    PROXY_LOSE_REQUEST, /* closes both ends instead of passing it on */
    PROXY_LOSE_ANSWER,  /* passes it on, and closes when the answer comes */
    PROXY_HOLD,         /* waits for proxy_release */
    PROXY_DIE_BEFORE,   /* is away from now on, */
    PROXY_DIE_AFTER,    /* or from when it has been carried out */
};

struct proxy {
    char host[128], port[8]; /* the server's */
    char address[32];        /* our own, "127.0.0.1:N" */
    int listener;
    pthread_t acceptor;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    enum proxy_fault fault;
    const char *words[2];
    bool is_held, is_away;
    struct proxy_link {
        struct proxy *proxy;
        pthread_t thread;
        int client, server;
    } links[PROXY_CONNECTIONS];
    int made;
};

static inline int
proxy_dial(const struct proxy *proxy)
{
    struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *found;
    int fd = -1;

    if (getaddrinfo(proxy->host, proxy->port, &hint, &found))
        return -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* What befalls this request; each fault happens once. */
static inline enum proxy_fault
proxy_judge(struct proxy *proxy, const char *bytes, size_t size)
{
    enum proxy_fault fault = PROXY_PASS;

    pthread_mutex_lock(&proxy->mutex);
    if (proxy->fault != PROXY_PASS &&
        memmem(bytes, size, proxy->words[0], strlen(proxy->words[0])) &&
        memmem(bytes, size, proxy->words[1], strlen(proxy->words[1]))) {
        fault = proxy->fault;
        proxy->is_held = true;
        pthread_cond_broadcast(&proxy->changed);
        while (proxy->fault == PROXY_HOLD)
            pthread_cond_wait(&proxy->changed, &proxy->mutex);
        proxy->fault = PROXY_PASS;
        proxy->is_away |= fault == PROXY_DIE_BEFORE || fault == PROXY_DIE_AFTER;
    }
    pthread_mutex_unlock(&proxy->mutex);
    return fault;
}

/* Moves what is there from one end to the other; false: it's over. */
static inline bool
proxy_move(struct proxy_link *link, int from, int to, char *bytes)
{
    ssize_t size = recv(from, bytes, PROXY_CHUNK, 0);
    enum proxy_fault fault = PROXY_PASS;

    if (size <= 0)
        return false;
    if (from == link->client)
        fault = proxy_judge(link->proxy, bytes, (size_t)size);
    if (fault == PROXY_LOSE_REQUEST || fault == PROXY_DIE_BEFORE ||
        send(to, bytes, (size_t)size, MSG_NOSIGNAL) != size)
        return false;
    return (fault != PROXY_LOSE_ANSWER && fault != PROXY_DIE_AFTER) ||
           recv(to, bytes, 1, 0) < 0;
}

static inline void *
proxy_link(void *arg)
{
    struct proxy_link *link = arg;
    struct pollfd ends[2] = { { link->client, POLLIN, 0 },
                              { link->server, POLLIN, 0 } };
    char *bytes = malloc(PROXY_CHUNK);
    bool goes_on = bytes && link->server >= 0;

    while (goes_on && poll(ends, 2, -1) > 0) {
        for (int i = 0; i < 2 && goes_on; i++) {
            if (ends[i].revents)
                goes_on = proxy_move(link, ends[i].fd, ends[1 - i].fd, bytes);
        }
    }
    shutdown(link->client, SHUT_RDWR);
    shutdown(link->server, SHUT_RDWR);
    free(bytes);
    return NULL;
}

static inline void *
proxy_accept(void *arg)
{
    struct proxy *proxy = arg;
    int client;

    while ((client = accept(proxy->listener, NULL, NULL)) >= 0) {
        struct proxy_link *link;

        pthread_mutex_lock(&proxy->mutex);
        if (proxy->is_away || proxy->made == PROXY_CONNECTIONS) {
            close(client);
        } else {
            link = &proxy->links[proxy->made++];
            *link = (struct proxy_link){ proxy, 0, client, proxy_dial(proxy) };
            pthread_create(&link->thread, NULL, proxy_link, link);
        }
        pthread_mutex_unlock(&proxy->mutex);
    }
    return NULL;
}

/* Listens before the server that a URI names. */
static inline void
proxy_start(struct proxy *proxy, const char *uri)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    const char *at = strstr(uri, "://");

    *proxy = (struct proxy){ .port = "27017" };
    pthread_mutex_init(&proxy->mutex, NULL);
    pthread_cond_init(&proxy->changed, NULL);
    assert_non_null(at);
    at = strchr(at, '@') ? strchr(at, '@') + 1 : at + 3;
    assert_true(sscanf(at, "%127[^:/?,]:%7[0-9]", proxy->host, proxy->port) >
                0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, size),
                     0);
    assert_int_equal(listen(proxy->listener, 128), 0);
    getsockname(proxy->listener, (struct sockaddr *)&address, &size);
    snprintf(proxy->address, sizeof proxy->address, "127.0.0.1:%d",
             ntohs(address.sin_port));
    pthread_create(&proxy->acceptor, NULL, proxy_accept, proxy);
}

/* What befalls the next request with both words. */
static inline void
proxy_fail(struct proxy *proxy, enum proxy_fault fault, const char *word,
           const char *other)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->fault = fault;
    proxy->words[0] = word;
    proxy->words[1] = other;
    proxy->is_held = false;
    pthread_mutex_unlock(&proxy->mutex);
}

/* Until the request has come. */
static inline void
proxy_wait(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    while (!proxy->is_held)
        pthread_cond_wait(&proxy->changed, &proxy->mutex);
    pthread_mutex_unlock(&proxy->mutex);
}

static inline void
proxy_release(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->fault = PROXY_PASS;
    pthread_cond_broadcast(&proxy->changed);
    pthread_mutex_unlock(&proxy->mutex);
}

/* The server is away, as far as the client can see; or back. */
static inline void
proxy_set_away(struct proxy *proxy, bool is_away)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->is_away = is_away;
    for (int i = 0; is_away && i < proxy->made; i++)
        shutdown(proxy->links[i].client, SHUT_RDWR);
    pthread_mutex_unlock(&proxy->mutex);
}

static inline void
proxy_stop(struct proxy *proxy)
{
    proxy_release(proxy);
    proxy_set_away(proxy, true);
    shutdown(proxy->listener, SHUT_RDWR);
    pthread_join(proxy->acceptor, NULL);
    for (int i = 0; i < proxy->made; i++) {
        pthread_join(proxy->links[i].thread, NULL);
        close(proxy->links[i].client);
        close(proxy->links[i].server);
    }
    close(proxy->listener);
}

#endif
