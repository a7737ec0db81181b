/*
 * Holds mailer.h: what each end of a conversation with an SMTP server means.
 * The server is a thread on loopback that answers by a script.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "io/http.h"
#include "io/mailer.h"

/* The answer to a command that begins so; NULL closes the connection. */
struct rule {
    const char *command, *answer;
};

/* A server for one connection, and what it was told. */
struct server {
    const struct rule *rules; /* before the usual answers */
    int listener;
    char url[64];
    char mail[4096]; /* what stood between DATA and the dot */
    char envelope[512];
    bool has_authenticated;
    pthread_t thread;
};

static const struct rule usual[] = {
    { "EHLO", "250-till.test\r\n250 AUTH PLAIN\r\n" },
    { "AUTH", "334 \r\n" },
    { "AHNo", "235 2.7.0 welcome\r\n" }, /* NUL, "sho"... */
    { "MAIL", "250 2.1.0 ok\r\n" },
    { "RCPT", "250 2.1.5 ok\r\n" },
    { "DATA", "354 go on\r\n" },
    { ".", "250 2.0.0 taken\r\n" },
    { "QUIT", "221 bye\r\n" },
    { NULL, "" },
};

static const char *
answer_to(const struct server *server, const char *line)
{
    const struct rule *tables[] = { server->rules, usual };

    for (size_t i = 0; i < COUNT(tables); i++) {
        for (const struct rule *rule = tables[i]; rule && rule->command;
             rule++) {
            if (!strncmp(line, rule->command, strlen(rule->command)))
                return rule->answer;
        }
    }
    return "502 what\r\n";
}

/* One line with its CR LF taken off; false: the client is gone. */
static bool
read_line(FILE *stream, char *line, int room)
{
    if (!fgets(line, room, stream))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static void
note(char *to, size_t room, const char *line)
{
    size_t size = strlen(to);

    snprintf(to + size, room - size, "%s\n", line);
}

/* Takes the message; false: the client is gone. */
static bool
take_mail(struct server *server, FILE *stream)
{
    char line[1024];

    while (read_line(stream, line, sizeof line)) {
        if (!strcmp(line, "."))
            return true;
        note(server->mail, sizeof server->mail, line);
    }
    return false;
}

static void
converse(struct server *server, FILE *in, int fd)
{
    const char *answer = "220 till.test\r\n";
    char line[1024] = "";

    while (answer) {
        if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
            return;
        if (!strncmp(answer, "354", 3)) {
            if (!take_mail(server, in))
                return;
            answer = answer_to(server, ".");
            continue;
        }
        if (!read_line(in, line, sizeof line))
            return;
        if (!strncmp(line, "MAIL", 4) || !strncmp(line, "RCPT", 4))
            note(server->envelope, sizeof server->envelope, line);
        server->has_authenticated |= !strncmp(line, "AUTH", 4);
        answer = answer_to(server, line);
    }
}

static void *
serve(void *arg)
{
    struct server *server = arg;
    struct pollfd poller = { .fd = server->listener, .events = POLLIN };
    FILE *in;
    int fd;

    if (poll(&poller, 1, 10000) != 1)
        return NULL;
    fd = accept(server->listener, NULL, NULL);
    if (fd < 0 || !(in = fdopen(fd, "r")))
        return NULL;
    converse(server, in, fd);
    fclose(in);
    return NULL;
}

static void
start_at(struct server *server, const char *host, const struct rule *rules)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;

    *server = (struct server){ .rules = rules };
    address.sin_addr.s_addr = inet_addr(host);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (void *)&address, size), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    getsockname(server->listener, (void *)&address, &size);
    snprintf(server->url, sizeof server->url, "smtp://%s:%d", host,
             ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void
start(struct server *server, const struct rule *rules)
{
    start_at(server, "127.0.0.1", rules);
}

static enum err
mail_by(struct ctx *cx, struct server *server)
{
    static const char message[] = "Subject: hi\r\n\r\n.dot\r\nend\r\n";
    struct mailer_call call = {
        .url = server->url,
        .user = "shop@a.example",
        .password = "secret",
        .from = "shop@a.example",
        .to = "ada@b.example",
        .message = message,
        .size = sizeof message - 1,
        .timeout = 2000,
    };
    enum err err = mailer_send(cx, &call);

    pthread_join(server->thread, NULL);
    close(server->listener);
    return err;
}

static enum err
outcome(struct ctx *cx, const char *command, const char *answer)
{
    const struct rule rules[] = { { command, answer }, { NULL, NULL } };
    struct server server;

    ctx_forgive(cx);
    start(&server, rules);
    return mail_by(cx, &server);
}

static void
a_mail_arrives_whole(void **state)
{
    struct server server;

    start(&server, NULL);
    assert_int_equal(mail_by(*state, &server), OK);
    assert_string_equal(server.mail, "Subject: hi\n\n..dot\nend\n");
    assert_contains(server.envelope, "MAIL FROM:<shop@a.example>");
    assert_contains(server.envelope, "RCPT TO:<ada@b.example>");
}

static void
refused_for_good_is_invalid(void **state)
{
    assert_int_equal(outcome(*state, "RCPT", "550 5.1.1 nobody\r\n"),
                     ERR_INVALID);
    assert_int_equal(outcome(*state, ".", "554 5.6.0 not this\r\n"),
                     ERR_INVALID);
}

static void
refused_for_now_is_tried_again(void **state)
{
    assert_int_equal(outcome(*state, "MAIL", "421 4.3.2 later\r\n"),
                     ERR_UNAVAILABLE);
    assert_int_equal(outcome(*state, "RCPT", "450 4.2.1 later\r\n"),
                     ERR_UNAVAILABLE);
    assert_int_equal(outcome(*state, ".", "451 4.3.0 later\r\n"),
                     ERR_UNAVAILABLE);
}

static void
cut_off_before_the_mail_left_is_tried_again(void **state)
{
    assert_int_equal(outcome(*state, "EHLO", NULL), ERR_UNAVAILABLE);
    assert_int_equal(outcome(*state, "RCPT", NULL), ERR_UNAVAILABLE);
    assert_int_equal(outcome(*state, "DATA", NULL), ERR_UNAVAILABLE);
}

static void
cut_off_after_the_mail_left_is_unknown(void **state)
{
    assert_int_equal(outcome(*state, ".", NULL), ERR_UNKNOWN_OUTCOME);
}

static void
refused_credentials_are_told_apart(void **state)
{
    assert_int_equal(outcome(*state, "AUTH", "535 5.7.8 no\r\n"),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(outcome(*state, "AHNo", "535 5.7.8 no\r\n"),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(outcome(*state, "RCPT", "530 5.7.0 log in\r\n"),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(outcome(*state, "AUTH", "454 4.7.0 later\r\n"),
                     ERR_UNAVAILABLE);
}

/* What is refused before the recipient is named is no fault of this mail. */
static void
an_account_that_may_not_send_stops_the_queue(void **state)
{
    assert_int_equal(outcome(*state, "MAIL", "550 5.7.1 not you\r\n"),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(outcome(*state, "EHLO", "554 5.7.1 go away\r\n"),
                     ERR_UNAUTHENTICATED);
}

static void
a_quota_is_no_refusal_of_the_mail(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(outcome(cx, ".", "550 5.4.5 Daily limit of a@b\r\n"),
                     ERR_TOO_MANY);
    assert_int_equal(cx->retry_after, 3600);
}

static void
nobody_there_is_unavailable(void **state)
{
    struct mailer_call call = { .url = "smtp://127.0.0.1:1",
                                .user = "a",
                                .password = "b",
                                .from = "a@b",
                                .to = "c@d",
                                .message = "",
                                .timeout = 2000 };

    assert_int_equal(mailer_send(*state, &call), ERR_UNAVAILABLE);
}

static void
only_smtp_urls_are_taken(void **state)
{
    (void)state;
    assert_true(mailer_is_url("smtps://smtp.gmail.com:465"));
    assert_true(mailer_is_url("smtp://smtp.gmail.com:587"));
    assert_false(mailer_is_url("smtp://"));
    assert_false(mailer_is_url("https://smtp.gmail.com"));
    assert_false(mailer_is_url("smtps://a:b@smtp.gmail.com"));
    assert_false(mailer_is_url("smtps://x\n"));
}

/* 127.0.0.2 isn't taken for loopback; the server offers no STARTTLS. */
static void
without_tls_neither_password_nor_mail_leaves(void **state)
{
    struct server server;

    start_at(&server, "127.0.0.2", NULL);
    assert_int_equal(mail_by(*state, &server), ERR_UNAVAILABLE);
    assert_string_equal(server.envelope, "");
    assert_false(server.has_authenticated);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mail_arrives_whole),
        TEST(refused_for_good_is_invalid),
        TEST(refused_for_now_is_tried_again),
        TEST(cut_off_before_the_mail_left_is_tried_again),
        TEST(cut_off_after_the_mail_left_is_unknown),
        TEST(refused_credentials_are_told_apart),
        TEST(an_account_that_may_not_send_stops_the_queue),
        TEST(a_quota_is_no_refusal_of_the_mail),
        TEST(nobody_there_is_unavailable),
        TEST(only_smtp_urls_are_taken),
        TEST(without_tls_neither_password_nor_mail_leaves),
    };

    http_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
