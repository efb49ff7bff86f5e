#ifndef PIPE_INTERNAL_H
#define PIPE_INTERNAL_H

#include <pipe/pipe.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>

/*
 * The ring: byte number p of the stream lies in pages[p / PAGE_SIZE % nr_pages]. A page exists
 * while bytes are in it; one spare is kept so that a busy small pipe allocates nothing.
 *
 * Invariants [lock]: tail <= head <= tail + capacity.
 */
/* One word of a pipe as it is now; who wants it to stay so takes the lock. */
#define PEEK(word) UNLOCKED(READ_ONCE(word), "one word, of which any moment's value is right")

struct pipe {
    struct mutex lock;
    uint64_t head GUARDED_BY(&lock);        /* [lock] bytes ever written */
    uint64_t tail GUARDED_BY(&lock);        /* [lock] bytes ever read */
    uint32_t nr_pages GUARDED_BY(&lock);    /* [lock] a power of two */
    uint32_t nr_readers GUARDED_BY(&lock);  /* [lock] */
    uint32_t nr_writers GUARDED_BY(&lock);  /* [lock] */
    uint32_t nr_files;                      /* the inode's lock, of a FIFO */
    uint32_t read_opens GUARDED_BY(&lock);  /* [lock] reading sides ever opened: wakes a FIFO's
                             opener even if it is  gone again */
    uint32_t write_opens GUARDED_BY(&lock); /* [lock] */
    struct frame **pages GUARDED_BY(&lock); /* [lock] */
    struct frame *spare GUARDED_BY(&lock);  /* [lock] or NULL */
    struct wait_queue readers;
    struct wait_queue writers;
    struct wait_queue openers;
    struct poll_head poll;
};

struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *pipe);
extern const struct file_ops pipe_file_ops;
extern const struct file_ops fifo_open_ops;
void fifo_release(struct file *file);
/* Made by pipe(2), and not a FIFO with a name? */
bool pipe_is_anonymous(const struct inode *inode);
ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t *pos);
unsigned pipe_poll(struct file *file, struct poll_head **head);
long pipe_ioctl(struct file *file, unsigned cmd, uint64_t arg);
/* What an opener of a FIFO found. */
struct pipe_view {
    uint32_t nr_readers, nr_writers, read_opens, write_opens;
};
/* Counts the file's sides in, respectively out; *view is the moment before, taken with the lock. */
void pipe_enter(struct pipe *pipe, const struct file *file, struct pipe_view *view);
void pipe_leave(struct pipe *pipe, const struct file *file);

#endif
