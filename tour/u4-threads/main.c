/*
 * u4: threads. Eight count, one reads the flash, all are joined.
 */
#include <app/app.h>
#include <console/console.h>
#include <pflash/pflash.h>
#include <printf/printf.h>
#include <string/string.h>
#include <thread/thread.h>

#define NR_COUNTERS 8
#define TEXT_MAX    64

struct counter {
    uint32_t number;
    uint32_t *sum; /* [a] */
};

struct reader {
    char text[TEXT_MAX];
    int error;
};

static void say(const char *format, ...) PRINTF_LIKE(1, 2);
static void say(const char *format, ...)
{
    char line[160];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, strlen(line));
}

static void count(void *arg)
{
    struct counter *c = arg;

    __atomic_fetch_add(c->sum, c->number, __ATOMIC_RELAXED);
}

/* The text at the start of the last bank there is: all others are for the firmware. */
static void read_flash(void *arg)
{
    struct reader *r = arg;
    struct pflash_info info;
    unsigned bank = pflash_bank_info(1, &info) == 0 ? 1 : 0;

    r->error = pflash_read(bank, 0, r->text, TEXT_MAX - 1);
    for (size_t n = 0; n < TEXT_MAX; n++) {
        if (r->text[n] < ' ' || r->text[n] > '~') {
            r->text[n] = '\0'; /* erased flash is all ones */
            break;
        }
    }
}

int app_main(void)
{
    struct counter counters[NR_COUNTERS];
    struct reader reader = {.error = 0};
    uint32_t sum = 0;
    struct thread *threads[NR_COUNTERS];
    struct thread *librarian = thread_create(read_flash, &reader, "librarian", NULL);

    for (uint32_t i = 0; i < NR_COUNTERS; i++) {
        counters[i] = (struct counter){.number = i + 1, .sum = &sum};
        threads[i] = thread_create(count, &counters[i], "counter", NULL);
        if (!threads[i] || !librarian) {
            say("u4: no memory for a thread\n");
            return 1;
        }
    }
    for (uint32_t i = 0; i < NR_COUNTERS; i++)
        thread_join(threads[i]);
    thread_join(librarian);
    if (reader.error != 0) {
        say("u4: the flash cannot be read: error %d\n", -reader.error);
        return 1;
    }
    say("u4: ok, %u threads counted to %u, one read \"%s\"\n", NR_COUNTERS, sum, reader.text);
    return 0;
}
