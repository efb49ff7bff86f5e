/*
 * An ordinary C program on apps/libc whose threads are the kernel's: errno and thread-local
 * variables are each thread's own, what they share in the C library has locks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <thread/thread.h>

#define NR_THREADS 8
#define NR_ROUNDS  200

int main(int argc, char **argv);

static _Thread_local int begins_as_seven = 7;
static _Thread_local int begins_as_zero;
static int nr_wrong; /* [a] */

static void wrong_unless(bool is_right)
{
    if (!is_right)
        __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
}

static void works(void *arg)
{
    int id = (int)(intptr_t)arg;

    wrong_unless(begins_as_seven == 7 && begins_as_zero == 0 && errno == 0);
    errno = begins_as_seven = begins_as_zero = 1000 + id;
    for (int round = 0; round < NR_ROUNDS; round++) {
        char text[40];
        char *block = malloc((size_t)(1 + round % 100));

        snprintf(text, sizeof(text), "%d %.3f", id, id + 0.125);
        wrong_unless(block != NULL && atoi(text) == id && strtod(text + 2, NULL) == id + 0.125);
        free(block);
        thread_yield();
        wrong_unless(errno == 1000 + id && begins_as_seven == errno && begins_as_zero == errno);
    }
}

int main(int argc, char **argv)
{
    struct thread *threads[NR_THREADS];
    struct thread embedded;

    errno = 5;
    for (int id = 0; id < NR_THREADS; id++) {
        threads[id] = thread_create(works, (void *)(intptr_t)id, "works", NULL);
        wrong_unless(threads[id] != NULL);
    }
    for (int id = 0; id < NR_THREADS; id++)
        thread_join(threads[id]);
    wrong_unless(errno == 5 && begins_as_seven == 7);
    wrong_unless(thread_init(&embedded, works, NULL, "no room", NULL) < 0);
    printf("threads: %s, %d wrong, %f\n", argc == 2 ? argv[1] : "?", nr_wrong, 3.140625);
    return nr_wrong != 0;
}
