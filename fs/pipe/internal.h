/*
 * Shared by the files of fs/pipe only.
 */
#ifndef PIPE_INTERNAL_H
#define PIPE_INTERNAL_H

#include <pipe/pipe.h>
#include <pipe/side.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>

/*
 * The ring: byte p of the stream is in pages[p / PAGE_SIZE % nr_pages]. A page exists while it
 * holds bytes; one spare is kept so that a busy small pipe does not allocate.
 *
 * Invariants [lock]: tail <= head <= tail + capacity.
 */
/* Read one word of a pipe without the lock; it may change at once. */
#define PEEK(word) UNLOCKED(READ_ONCE(word), "one word, of which any moment's value is right")

struct pipe {
    struct mutex lock;
    uint64_t head GUARDED_BY(&lock);        /* [lock] bytes ever written */
    uint64_t tail GUARDED_BY(&lock);        /* [lock] bytes ever read */
    uint32_t nr_pages GUARDED_BY(&lock);    /* [lock] a power of two */
    uint32_t nr_readers GUARDED_BY(&lock);  /* [lock] */
    uint32_t nr_writers GUARDED_BY(&lock);  /* [lock] */
    uint32_t nr_files;                      /* [a] open files */
    uint32_t read_opens GUARDED_BY(&lock);  /* [lock] reading sides ever opened: wakes a FIFO's
                                               opener even if the side was closed again */
    uint32_t write_opens GUARDED_BY(&lock); /* [lock] */
    struct frame **pages GUARDED_BY(&lock); /* [lock] */
    struct frame *spare GUARDED_BY(&lock);  /* [lock] or NULL */
    struct wait_queue readers;
    struct wait_queue writers;
    struct wait_queue openers; /* of FIFOs, for the other side */
    struct poll_head poll;
};

#endif
