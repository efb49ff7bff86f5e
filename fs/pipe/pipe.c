#include <file/ioctl.h>
#include <pipe/pipe.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <slab/slab.h>
#include <string/string.h>

#include "internal.h"

static struct slab_cache *pipe_cache;

int pipe_init(void)
{
    pipe_cache = slab_cache_create("pipe", sizeof(struct pipe), 0, NULL);
    return pipe_cache ? 0 : -ENOMEM;
}

struct pipe *pipe_alloc(void)
{
    struct pipe *pipe = slab_zalloc(pipe_cache);

    if (!pipe)
        return NULL;
    ASSUME_UNSHARED(&pipe->lock, "nobody else knows it yet");
    pipe->nr_pages = PIPE_DEFAULT_SIZE / PAGE_SIZE;
    pipe->pages = heap_calloc(pipe->nr_pages, sizeof(pipe->pages[0]));
    if (!pipe->pages) {
        slab_free(pipe_cache, pipe);
        return NULL;
    }
    mutex_init(&pipe->lock);
    wait_queue_init(&pipe->readers);
    wait_queue_init(&pipe->writers);
    wait_queue_init(&pipe->openers);
    poll_head_init(&pipe->poll);
    return pipe;
}

static struct frame *page_alloc(void)
{
    struct frame *page = frame_alloc(0, 0);

    if (page)
        frame_count(FRAME_PIPE, 1);
    return page;
}

static void page_free(struct frame *page)
{
    frame_free(page, 0);
    frame_count(FRAME_PIPE, -1);
}

void pipe_free(struct pipe *pipe)
{
    ASSUME_UNSHARED(&pipe->lock, "no file has it open");
    for (uint32_t i = 0; i < pipe->nr_pages; i++)
        if (pipe->pages[i])
            page_free(pipe->pages[i]);
    if (pipe->spare)
        page_free(pipe->spare);
    heap_free(pipe->pages);
    slab_free(pipe_cache, pipe);
}

/* ---- the ring ---- */

static uint64_t nr_filled(const struct pipe *pipe) REQUIRES(&pipe->lock)
{
    return pipe->head - pipe->tail;
}

static uint64_t nr_room(const struct pipe *pipe) REQUIRES(&pipe->lock)
{
    return pipe->nr_pages * PAGE_SIZE - nr_filled(pipe);
}

static struct frame **page_at(struct pipe *pipe, uint64_t pos) REQUIRES(&pipe->lock)
{
    return &pipe->pages[pos / PAGE_SIZE & (pipe->nr_pages - 1)];
}

static void page_release(struct pipe *pipe, struct frame **page) REQUIRES(&pipe->lock)
{
    if (!pipe->spare)
        pipe->spare = *page;
    else
        page_free(*page);
    *page = NULL;
}

/* True if the page before the tail is empty. In a full ring its start may hold new bytes. */
static bool is_page_read(const struct pipe *pipe) REQUIRES(&pipe->lock)
{
    if (pipe->tail == pipe->head)
        return true;
    return pipe->tail % PAGE_SIZE == 0 &&
           pipe->head + PAGE_SIZE <= pipe->tail + pipe->nr_pages * PAGE_SIZE;
}

static size_t ring_read(struct pipe *pipe, struct uio *uio) REQUIRES(&pipe->lock)
{
    size_t nr_done = 0;

    while (pipe->tail < pipe->head && uio->nr_left > 0 && !uio->has_fault) {
        struct frame **page = page_at(pipe, pipe->tail);
        size_t offset = pipe->tail % PAGE_SIZE;
        size_t n = MIN(MIN(PAGE_SIZE - offset, nr_filled(pipe)), uio->nr_left);

        /* A page is consumed whole or not at all, as on Linux: bytes that a fault cut short
         * stay. */
        if (uio_copy_to(uio, (char *)frame_to_virt(*page) + offset, n) != n)
            break;
        pipe->tail += n;
        nr_done += n;
        if (is_page_read(pipe))
            page_release(pipe, page);
    }
    /* Empty: start at a page boundary again, so that small messages do not straddle two pages.
     * Readers without the lock must not see the head ahead of the tail. */
    if (pipe->tail == pipe->head) {
        pipe->tail = ALIGN_UP(pipe->tail, PAGE_SIZE);
        __atomic_store_n(&pipe->head, pipe->tail, __ATOMIC_RELEASE);
    }
    return nr_done;
}

/*
 * Undo the part of a faulted write (nr_asked bytes from `start` on) that Linux would not append: it
 * appends whole pages, after the part that fits behind the last bytes. Returns how many bytes stay.
 */
static COLD size_t write_take_back(struct pipe *pipe, uint64_t start, size_t nr_asked)
    REQUIRES(&pipe->lock)
{
    size_t part = nr_asked % PAGE_SIZE;
    size_t offset = start % PAGE_SIZE;
    bool is_part_first = offset > 0 && part > 0 && part <= PAGE_SIZE - offset;
    uint64_t next = start + (is_part_first ? part : PAGE_SIZE);
    uint64_t last = pipe->head / PAGE_SIZE;
    uint64_t keep = start;

    for (; next <= pipe->head; next += PAGE_SIZE)
        keep = next;
    pipe->head = keep;
    /* The page that is nr_pages behind the tail's is the tail's. */
    for (uint64_t i = (keep + PAGE_MASK) / PAGE_SIZE; i <= last; i++) {
        struct frame **page = page_at(pipe, i * PAGE_SIZE);

        if (*page && i - pipe->tail / PAGE_SIZE < pipe->nr_pages)
            page_release(pipe, page);
    }
    return keep - start;
}

/* Write as much as there is room for. Sets *ret to -ENOMEM if a page could not be allocated. */
static size_t ring_write(struct pipe *pipe, struct uio *uio, ssize_t *ret) REQUIRES(&pipe->lock)
{
    uint64_t room = nr_room(pipe);
    uint64_t start = pipe->head;
    size_t nr_asked = uio->nr_left;

    while (room > 0 && uio->nr_left > 0) {
        struct frame **page = page_at(pipe, pipe->head);
        size_t offset = pipe->head % PAGE_SIZE;
        size_t n = MIN(MIN(PAGE_SIZE - offset, room), uio->nr_left);

        if (!*page) {
            *page = pipe->spare ? pipe->spare : page_alloc();
            pipe->spare = NULL;
        }
        if (!*page) {
            *ret = -ENOMEM;
            break;
        }
        if (uio_copy_from(uio, (char *)frame_to_virt(*page) + offset, n) != n)
            return write_take_back(pipe, start, nr_asked);
        pipe->head += n;
        room -= n;
    }
    return pipe->head - start;
}

/* ---- file operations ---- */

static bool may_read(struct pipe *pipe)
    NO_LOCK_CHECK("a hint, that is looked at again with the lock")
{
    return READ_ONCE(pipe->head) != READ_ONCE(pipe->tail) || READ_ONCE(pipe->nr_writers) == 0;
}

ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct pipe *pipe = file->private;
    ssize_t ret = 0;

    (void)pos;
    if (uio->nr_left == 0)
        return 0;
    mutex_lock(&pipe->lock);
    while (nr_filled(pipe) == 0 && pipe->nr_writers > 0) {
        mutex_unlock(&pipe->lock);
        if ((file->flags & O_NONBLOCK) != 0)
            return -EAGAIN;
        ret = wait_event_interruptible(&pipe->readers, may_read(pipe));
        if (ret != 0)
            return ret;
        mutex_lock(&pipe->lock);
    }
    ret = uio_result(uio, ring_read(pipe, uio));
    bool has_more = nr_filled(pipe) != 0;

    mutex_unlock(&pipe->lock);
    if (ret > 0) {
        if (wait_queue_is_active(&pipe->writers))
            wait_wake_all(&pipe->writers);
        if (has_more && wait_queue_is_active(&pipe->readers))
            wait_wake_all(&pipe->readers);
        poll_notify(&pipe->poll, POLLOUT | POLLWRNORM);
    }
    return ret;
}

/* True if a write with nr_left bytes left can make progress; atomic ones need room for all of
 * it. */
static bool has_room(struct pipe *pipe, size_t nr_left, bool is_atomic)
    NO_LOCK_CHECK("without the lock a hint, that is looked at again with it")
{
    uint64_t room = pipe->nr_pages * PAGE_SIZE - (READ_ONCE(pipe->head) - READ_ONCE(pipe->tail));

    return is_atomic ? room >= nr_left : room > 0;
}

static bool may_write(struct pipe *pipe, size_t nr_left, bool is_atomic)
    NO_LOCK_CHECK("a hint, that is looked at again with the lock")
{
    return has_room(pipe, nr_left, is_atomic) || READ_ONCE(pipe->nr_readers) == 0;
}

ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct pipe *pipe = file->private;
    bool is_atomic = uio->nr_left <= PIPE_BUF;
    size_t nr_done = 0;
    ssize_t ret = 0;

    (void)pos;
    mutex_lock(&pipe->lock);
    while (uio->nr_left > 0 && !uio->has_fault && ret == 0) {
        if (pipe->nr_readers == 0) {
            ret = -EPIPE;
            break;
        }
        if (has_room(pipe, uio->nr_left, is_atomic)) {
            size_t n = ring_write(pipe, uio, &ret);

            nr_done += n;
            if (n > 0 && wait_queue_is_active(&pipe->readers))
                wait_wake_all(&pipe->readers);
            if (n > 0)
                poll_notify(&pipe->poll, POLLIN | POLLRDNORM);
            continue;
        }
        if ((file->flags & O_NONBLOCK) != 0) {
            ret = -EAGAIN;
            break;
        }
        mutex_unlock(&pipe->lock);
        ret = wait_event_interruptible(&pipe->writers, may_write(pipe, uio->nr_left, is_atomic));
        mutex_lock(&pipe->lock);
    }
    mutex_unlock(&pipe->lock);
    return nr_done == 0 && ret != 0 ? ret : uio_result(uio, nr_done);
}

/*
 * True if there is anything to read, or room for a small message. A racing move may turn the answer
 * to "no": the mover notifies the poll_head afterwards. So the counter whose advance favours "yes"
 * is read first.
 */
static bool poll_is_filled(const struct pipe *pipe)
    NO_LOCK_CHECK("the head before the tail; a poll does not wait for who copies under the lock")
{
    uint64_t head = __atomic_load_n(&pipe->head, __ATOMIC_ACQUIRE);

    return (int64_t)(head - READ_ONCE(pipe->tail)) > 0;
}

static bool poll_has_room(const struct pipe *pipe)
    NO_LOCK_CHECK("the tail before the head; a poll does not wait for who copies under the lock")
{
    uint64_t tail = __atomic_load_n(&pipe->tail, __ATOMIC_ACQUIRE);

    return READ_ONCE(pipe->head) - tail + PIPE_BUF <= READ_ONCE(pipe->nr_pages) * PAGE_SIZE;
}

unsigned pipe_poll(struct file *file, struct poll_head **head)
{
    struct pipe *pipe = file->private;
    unsigned events = 0;

    if (head)
        *head = &pipe->poll;
    if (file->can_read) {
        if (poll_is_filled(pipe))
            events |= POLLIN | POLLRDNORM;
        if (PEEK(pipe->nr_writers) == 0 && PEEK(pipe->write_opens) > 0)
            events |= POLLHUP;
    }
    if (file->can_write) {
        if (poll_has_room(pipe))
            events |= POLLOUT | POLLWRNORM;
        if (PEEK(pipe->nr_readers) == 0)
            events |= POLLERR;
    }
    return events;
}

long pipe_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    struct pipe *pipe = file->private;
    struct uio uio;

    if (cmd != FIONREAD)
        return -ENOTTY;
    mutex_lock(&pipe->lock);
    uint32_t nr = (uint32_t)nr_filled(pipe);

    mutex_unlock(&pipe->lock);
    uio_init_user(&uio, arg, sizeof(nr));
    return uio_copy_to(&uio, &nr, sizeof(nr)) == sizeof(nr) ? 0 : -EFAULT;
}

static void pipe_release(struct file *file)
{
    struct pipe *pipe = file->private;

    pipe_leave(pipe, file);
    if (pipe_drop(pipe))
        pipe_free(pipe);
}

static const struct file_ops pipe_file_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = pipe_release,
    .is_stream = true,
};

int pipe_create(unsigned flags, struct file **read_end, struct file **write_end)
{
    struct pipe *pipe = pipe_alloc();
    struct file *reader = file_alloc(&pipe_file_ops, O_RDONLY | (flags & O_NONBLOCK));
    struct file *writer = file_alloc(&pipe_file_ops, O_WRONLY | (flags & O_NONBLOCK));

    if (!pipe || !reader || !writer) {
        file_discard(reader);
        file_discard(writer);
        if (pipe)
            pipe_free(pipe);
        return -ENOMEM;
    }
    pipe_join(pipe, reader, writer);
    *read_end = reader;
    *write_end = writer;
    return 0;
}

bool pipe_is_pipe(const struct file *file)
{
    return file->ops->read == pipe_read;
}

long pipe_get_size(const struct file *file)
{
    const struct pipe *pipe = file->private;

    return (long)(PEEK(pipe->nr_pages) * PAGE_SIZE);
}

long pipe_set_size(struct file *file, size_t nr_bytes)
{
    struct pipe *pipe = file->private;
    uint32_t nr_pages = 1;

    if (nr_bytes > PIPE_MAX_SIZE)
        return -EPERM;
    while (nr_pages * PAGE_SIZE < nr_bytes)
        nr_pages *= 2;
    struct frame **pages = heap_calloc(nr_pages, sizeof(pages[0]));

    if (!pages)
        return -ENOMEM;
    mutex_lock(&pipe->lock);
    uint64_t first = pipe->tail / PAGE_SIZE;
    uint64_t end = (pipe->head + PAGE_MASK) / PAGE_SIZE;
    struct frame **old = pages;
    long ret = -EBUSY;

    /* A page that holds both the end and the beginning of the ring cannot be moved as it is. */
    if (end - first <= MIN(nr_pages, pipe->nr_pages)) {
        for (uint64_t i = first; i < end; i++)
            pages[i & (nr_pages - 1)] = pipe->pages[i & (pipe->nr_pages - 1)];
        old = pipe->pages;
        pipe->pages = pages;
        pipe->nr_pages = nr_pages;
        ret = (long)(nr_pages * PAGE_SIZE);
    }
    mutex_unlock(&pipe->lock);
    heap_free(old);
    wait_wake_all(&pipe->writers);
    return ret;
}
