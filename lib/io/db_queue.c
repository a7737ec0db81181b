#include "io/db_queue.h"

/* So many at a time: the first of them waits for the last. */
enum { BATCH = 128 };

void
db_queue_init(struct db_queue *queue, struct db *db, db_jobs_function *run)
{
    *queue = (struct db_queue){ .db = db, .run = run };
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->is_waiting, NULL);
    queue->last = &queue->first;
}

/* Takes at most BATCH jobs off the queue; the mutex is held. */
static struct db_job *
take_jobs(struct db_queue *queue)
{
    struct db_job *first = queue->first, *last = first;

    for (int i = 1; i < BATCH && last->next; i++)
        last = last->next;
    queue->first = last->next;
    if (!queue->first)
        queue->last = &queue->first;
    last->next = NULL;
    return first;
}

static void *
thread(void *arg)
{
    struct db_queue *queue = arg;

    pthread_mutex_lock(&queue->mutex);
    for (;;) {
        struct db_job *jobs, *next;

        while (!queue->first && !queue->is_closing)
            pthread_cond_wait(&queue->is_waiting, &queue->mutex);
        if (!queue->first)
            break;
        jobs = take_jobs(queue);
        pthread_mutex_unlock(&queue->mutex);
        queue->run(queue->db, jobs);
        pthread_mutex_lock(&queue->mutex);
        for (; jobs; jobs = next) {
            next = jobs->next;
            jobs->is_done = true;
            pthread_cond_signal(
                &jobs->done); /* gone once we let the mutex go */
        }
    }
    pthread_mutex_unlock(&queue->mutex);
    return NULL;
}

enum err
db_queue_put(struct ctx *cx, struct db_queue *queue, db_work_function *work,
             void *arg, const char *name)
{
    struct db_job job = { .cx = cx,
                          .work = work,
                          .arg = arg,
                          .name = name,
                          .done = PTHREAD_COND_INITIALIZER };

    pthread_mutex_lock(&queue->mutex);
    if (!queue->has_thread &&
        pthread_create(&queue->thread, NULL, thread, queue) == 0)
        queue->has_thread = true;
    if (!queue->has_thread) {
        pthread_mutex_unlock(&queue->mutex);
        return fail(cx, ERR_UNAVAILABLE, "no thread for the writer");
    }
    *queue->last = &job;
    queue->last = &job.next;
    pthread_cond_signal(&queue->is_waiting);
    while (!job.is_done)
        pthread_cond_wait(&job.done, &queue->mutex);
    pthread_mutex_unlock(&queue->mutex);
    return job.err;
}

void
db_queue_end(struct db_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closing = true;
    pthread_cond_signal(&queue->is_waiting);
    pthread_mutex_unlock(&queue->mutex);
    if (queue->has_thread)
        pthread_join(queue->thread, NULL);
}
