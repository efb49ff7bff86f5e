/*
 * u8: sectors of every disk that the machine has, whatever bus it hangs on.
 *
 * Each disk is greeted (sector 0 holds a text that `prepare` put there), then written with one
 * large write, flushed, and read back by sixteen requests that are all in flight at once, each of
 * which scatters its eight sectors over two pieces of memory.
 */
#include <app/app.h>
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <console/console.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <string/string.h>
#include <sync/semaphore.h>

#define NR_REQUESTS         16
#define SECTORS_PER_REQUEST 8
#define REQUEST_BYTES       (SECTORS_PER_REQUEST * SECTOR_SIZE)
#define FIRST_SECTOR        8 /* sector 0 stays as it is */
#define NR_SECTORS          (NR_REQUESTS * SECTORS_PER_REQUEST)

struct read {
    struct block_request rq;
    struct block_segment segments[2];
};

static struct semaphore nr_done = SEMAPHORE_INIT(nr_done, 0);

static void say(const char *format, ...) PRINTF_LIKE(1, 2);
static void say(const char *format, ...)
{
    char line[120];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, (size_t)MIN(length, (int)sizeof(line) - 1));
}

/* What byte number i of the disk becomes: differs from disk to disk. */
static char pattern(const struct block_device *disk, size_t i)
{
    return (char)(i * 31 + i / SECTOR_SIZE + disk->nr_sectors);
}

/* Interrupt context: only counts. */
static void read_done(struct block_request *rq)
{
    sem_up(&nr_done);
}

static int read_in_flight(struct block_device *disk, struct read *reads, char *data)
{
    int error = 0;
    unsigned nr_started = 0;

    for (unsigned i = 0; i < NR_REQUESTS && error == 0; i++) {
        struct read *r = &reads[i];
        char *at = data + i * REQUEST_BYTES;

        r->segments[0] = (struct block_segment){at, SECTOR_SIZE};
        r->segments[1] = (struct block_segment){at + SECTOR_SIZE, REQUEST_BYTES - SECTOR_SIZE};
        block_request_init(&r->rq, BLOCK_READ, FIRST_SECTOR + i * SECTORS_PER_REQUEST, r->segments,
                           2, read_done, NULL);
        error = block_submit(disk, &r->rq);
        if (error == 0)
            nr_started++;
    }
    for (unsigned i = 0; i < nr_started; i++)
        sem_down(&nr_done);
    for (unsigned i = 0; i < nr_started && error == 0; i++)
        error = reads[i].rq.error;
    return error;
}

static int exercise(struct block_device *disk)
{
    size_t bytes = NR_SECTORS * SECTOR_SIZE;
    char *data = heap_alloc(bytes);
    struct read *reads = heap_calloc(NR_REQUESTS, sizeof(*reads));
    char greeting[SECTOR_SIZE];
    int error = -ENOMEM;

    if (!data || !reads)
        goto out;
    /* A stack is fine here, but not for block_submit. */
    error = block_read_bytes(disk, 0, greeting, sizeof(greeting));
    if (error != 0)
        goto out;
    greeting[strnlen(greeting, 60)] = '\0';
    say("%s: %lu sectors, says \"%s\"\n", disk->name, (unsigned long)disk->nr_sectors, greeting);

    for (size_t i = 0; i < bytes; i++)
        data[i] = pattern(disk, i);
    error = block_write(disk, FIRST_SECTOR, data, NR_SECTORS);
    if (error == 0)
        error = block_flush(disk);
    memset(data, 0, bytes);
    if (error == 0)
        error = read_in_flight(disk, reads, data);
    for (size_t i = 0; i < bytes && error == 0; i++)
        if (data[i] != pattern(disk, i))
            error = -EIO;
out:
    heap_free(reads);
    heap_free(data);
    return error;
}

int app_main(void)
{
    unsigned nr_disks = 0;

    for (struct block_device *disk = block_next(NULL); disk; disk = block_next(disk)) {
        int error = exercise(disk);
        if (error != 0) {
            say("%s: error %d\n", disk->name, -error);
            return error;
        }
        nr_disks++;
    }
    if (nr_disks == 0) {
        say("u8: no disk\n");
        return -ENODEV;
    }
    say("u8: %u disks read back what was written, %u requests in flight\n", nr_disks, NR_REQUESTS);
    return 0;
}
