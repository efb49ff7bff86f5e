/*
 * A uio is the memory side of a transfer: kernel or user memory, in one piece or several (readv,
 * writev), and the number of bytes left. Files and the page cache copy through it without knowing
 * which it is.
 *
 * Copying to or from a program's memory may fault pages in, so it may sleep: no spinlock may be
 * held. A bad pointer ends in a short count: bytes that were copied before it stay copied, and the
 * caller turns "nothing at all was copied" into -EFAULT (uio_result does that).
 */
#ifndef UIO_UIO_H
#define UIO_UIO_H

#include <base/types.h>

/* The layout of Linux's struct iovec, so that a program's vector is copied in as it is. */
struct io_segment {
    uint64_t base;
    uint64_t nr_bytes;
};

struct uio {
    char *base;                        /* the rest of the current piece */
    size_t nr_here;                    /* bytes left in the current piece */
    size_t nr_left;                    /* bytes left in all */
    const struct io_segment *segments; /* the pieces after the current one (kernel memory) */
    unsigned nr_segments;
    bool is_user;   /* the pieces lie in the current program's memory */
    bool has_fault; /* a copy stopped at a bad pointer */
};

/* One piece in the kernel's memory. */
static inline void uio_init_kernel(struct uio *uio, void *buf, size_t nr_bytes)
{
    *uio = (struct uio){.base = buf, .nr_here = nr_bytes, .nr_left = nr_bytes};
}

/* One piece in the current program's memory; uaddr need not be valid, copies check it. */
static inline void uio_init_user(struct uio *uio, uint64_t uaddr, size_t nr_bytes)
{
    *uio = (struct uio){
        .base = (char *)uaddr, .nr_here = nr_bytes, .nr_left = nr_bytes, .is_user = true};
}

/*
 * Several pieces of the current program's memory. The vector itself is kernel memory and must
 * outlive the uio. -EINVAL if the lengths add up to more than SSIZE_MAX.
 */
int uio_init_vector(struct uio *uio, const struct io_segment *segments,
                    unsigned nr_segments) MUST_CHECK;

/* Each moves up to n bytes (never more than uio->nr_left) and returns how many it moved. */
size_t uio_copy_to(struct uio *uio, const void *src, size_t n);
size_t uio_copy_from(struct uio *uio, void *dst, size_t n);
size_t uio_zero(struct uio *uio, size_t n);
/* Skip n bytes. */
void uio_skip(struct uio *uio, size_t n);

/* The result of a read or write that moved nr_done bytes: the count, or -EFAULT for none and a
 * fault. */
static inline ssize_t uio_result(const struct uio *uio, size_t nr_done)
{
    return nr_done == 0 && uio->has_fault ? -14 /* -EFAULT */ : (ssize_t)nr_done;
}

#endif
