/*
 * argon2: how often this machine checks a password, with nothing around it.
 *
 *     argon2 SECONDS THREADS PASSWORD <HASH
 *
 * HASH, a line on standard input, is one of Till's, so the parameters are
 * Till's, whatever they are. Prints the checks a second.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 256 };

static char hash[crypto_pwhash_STRBYTES];
static const char *password;
static double end;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* How many this thread has begun before the end, less the rest of the last. */
static void *
check_again(void *arg)
{
    double *count = arg, begun = now(), done = begun;

    while (done < end) {
        begun = done;
        if (crypto_pwhash_str_verify(hash, password, strlen(password))) {
            fprintf(stderr, "argon2: the password is not the hash's\n");
            exit(65);
        }
        done = now();
        *count += done <= end ? 1 : (end - begun) / (done - begun);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    double counts[THREADS_MAX] = { 0 }, seconds, sum = 0;
    pthread_t threads[THREADS_MAX];
    long wanted;

    if (argc != 4 || !fgets(hash, sizeof hash, stdin) || sodium_init() < 0)
        return 64;
    hash[strcspn(hash, "\n")] = '\0';
    seconds = strtod(argv[1], NULL);
    wanted = strtol(argv[2], NULL, 10);
    password = argv[3];
    if (wanted < 1 || wanted > THREADS_MAX || seconds <= 0)
        return 64;
    end = now() + seconds;
    for (long i = 0; i < wanted; i++) {
        if (pthread_create(&threads[i], NULL, check_again, &counts[i]))
            return 71;
    }
    for (long i = 0; i < wanted; i++) {
        pthread_join(threads[i], NULL);
        sum += counts[i];
    }
    printf("%.3f\n", sum / seconds);
    return 0;
}
