#include <uio/uio.h>

#include <arch/uaccess.h>
#include <base/errno.h>
#include <string/string.h>

int uio_init_vector(struct uio *uio, const struct io_segment *segments, unsigned nr_segments)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < nr_segments; i++) {
        sum += segments[i].nr_bytes;
        if (segments[i].nr_bytes > INT64_MAX || sum > INT64_MAX)
            return -EINVAL;
    }
    *uio = (struct uio){
        .nr_left = sum, .segments = segments, .nr_segments = nr_segments, .is_user = true};
    return 0;
}

/* Advance to a non-empty piece, if anything is left. */
static bool uio_has_piece(struct uio *uio)
{
    while (uio->nr_here == 0) {
        if (uio->nr_segments == 0)
            return false;
        uio->base = (char *)uio->segments->base;
        uio->nr_here = uio->segments->nr_bytes;
        uio->segments++;
        uio->nr_segments--;
    }
    return true;
}

static void uio_advance(struct uio *uio, size_t n)
{
    uio->base += n;
    uio->nr_here -= n;
    uio->nr_left -= n;
}

size_t uio_copy_to(struct uio *uio, const void *src, size_t n)
{
    size_t nr_done = 0;

    n = MIN(n, uio->nr_left);
    while (nr_done < n && uio_has_piece(uio)) {
        size_t nr_now = MIN(n - nr_done, uio->nr_here);
        size_t nr_failed = 0;

        if (uio->is_user)
            nr_failed =
                copy_to_user_partial((vaddr_t)uio->base, (const char *)src + nr_done, nr_now);
        else
            memcpy(uio->base, (const char *)src + nr_done, nr_now);
        uio_advance(uio, nr_now - nr_failed);
        nr_done += nr_now - nr_failed;
        if (nr_failed != 0) {
            uio->has_fault = true;
            break;
        }
    }
    return nr_done;
}

size_t uio_copy_from(struct uio *uio, void *dst, size_t n)
{
    size_t nr_done = 0;

    n = MIN(n, uio->nr_left);
    while (nr_done < n && uio_has_piece(uio)) {
        size_t nr_now = MIN(n - nr_done, uio->nr_here);
        size_t nr_failed = 0;

        if (uio->is_user)
            nr_failed = copy_from_user_partial((char *)dst + nr_done, (vaddr_t)uio->base, nr_now);
        else
            memcpy((char *)dst + nr_done, uio->base, nr_now);
        uio_advance(uio, nr_now - nr_failed);
        nr_done += nr_now - nr_failed;
        if (nr_failed != 0) {
            uio->has_fault = true;
            break;
        }
    }
    return nr_done;
}

size_t uio_zero(struct uio *uio, size_t n)
{
    size_t nr_done = 0;

    n = MIN(n, uio->nr_left);
    while (nr_done < n && uio_has_piece(uio)) {
        size_t nr_now = MIN(n - nr_done, uio->nr_here);
        size_t nr_failed = 0;

        if (uio->is_user)
            nr_failed = clear_user_partial((vaddr_t)uio->base, nr_now);
        else
            memset(uio->base, 0, nr_now);
        uio_advance(uio, nr_now - nr_failed);
        nr_done += nr_now - nr_failed;
        if (nr_failed != 0) {
            uio->has_fault = true;
            break;
        }
    }
    return nr_done;
}

void uio_skip(struct uio *uio, size_t n)
{
    n = MIN(n, uio->nr_left);
    while (n > 0 && uio_has_piece(uio)) {
        size_t nr_now = MIN(n, uio->nr_here);

        uio_advance(uio, nr_now);
        n -= nr_now;
    }
}
