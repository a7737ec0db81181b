/*
 * mongo: runs one command on the database that a URI names, for tests that
 * look into MongoDB, and prints the server's answer as JSON.
 *
 *     mongo URI '{"count": "users"}'
 *
 * Exits with 1, saying why, where the server can't be reached or refuses.
 */
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>

static void
stop_with(const bson_error_t *error)
{
    fprintf(stderr, "mongo: %s\n", error->message);
    exit(1);
}

int
main(int count, char **words)
{
    bson_error_t error = { 0 };
    bson_t *command, reply;
    mongoc_client_t *client;
    mongoc_uri_t *uri;
    char *text;

    if (count != 3) {
        fputs("usage: mongo URI COMMAND\n", stderr);
        return 64;
    }
    mongoc_init();
    if (!(uri = mongoc_uri_new_with_error(words[1], &error)) ||
        !(client = mongoc_client_new_from_uri_with_error(uri, &error)) ||
        !(command =
              bson_new_from_json((const uint8_t *)words[2], -1, &error)) ||
        !mongoc_client_command_simple(client, mongoc_uri_get_database(uri),
                                      command, NULL, &reply, &error))
        stop_with(&error);
    puts(text = bson_as_relaxed_extended_json(&reply, NULL));
    bson_free(text);
    bson_destroy(&reply);
    bson_destroy(command);
    mongoc_client_destroy(client);
    mongoc_uri_destroy(uri);
    mongoc_cleanup();
    return 0;
}
