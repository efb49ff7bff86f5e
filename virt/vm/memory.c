/*
 * Memory reservations of guests. All memory that a guest may ever touch is reserved at its
 * creation: a new guest is refused rather than an old one stopped. Reservations are numbers; frames
 * are allocated at the first touch.
 */
#include "internal.h"

#include <frame/frame.h>
#include <percpu/percpu.h>
#include <printf/printf.h>

/* Kept for the host's stacks, heap and tables after the first guest was created. */
#define HOST_FRAMES (MIB(1) >> PAGE_SHIFT)

/* Stack and state of a vCPU; the rest of a guest: heap, keeper's stack, upper levels of tables. */
#define VCPU_FRAMES  8
#define GUEST_FRAMES 32

#define TABLE_BYTES MIB(2) /* mapped by one page of the lowest tables */

static struct spinlock promise_lock = SPINLOCK_INIT("promised memory");
static uint64_t nr_left GUARDED_BY(&promise_lock); /* unreserved frames */
static bool is_known GUARDED_BY(&promise_lock);    /* nr_left is initialised */

/* Count the frames available before the first guest. */
static uint64_t count_free(void)
{
    struct frame_stats stats;
    uint64_t kept = HOST_FRAMES + (uint64_t)cpu_count() * FRAME_CACHE_SIZE;

    frame_stats(&stats);
    kept += stats.untouched * sizeof(struct frame) / PAGE_SIZE; /* their descriptors */
    return stats.free > kept ? stats.free - kept : 0;
}

bool vm_memory_promise(uint64_t nr_frames, uint64_t *nr_left_out)
{
    uint64_t flags = spin_lock_irqsave(&promise_lock);

    if (!is_known)
        nr_left = count_free();
    is_known = true;
    if (nr_left_out)
        *nr_left_out = nr_left;
    const bool is_there = nr_frames <= nr_left;

    if (is_there)
        nr_left -= nr_frames;
    spin_unlock_irqrestore(&promise_lock, flags);
    return is_there;
}

void vm_memory_return(uint64_t nr_frames)
{
    uint64_t flags = spin_lock_irqsave(&promise_lock);

    nr_left += nr_frames;
    spin_unlock_irqrestore(&promise_lock, flags);
}

static uint64_t with_tables(uint64_t nr_bytes)
{
    return (nr_bytes >> PAGE_SHIFT) + nr_bytes / TABLE_BYTES + 2;
}

/* Frames for the whole description, except flash that is not programmed yet. */
static uint64_t frames_wanted(const struct vm *vm)
{
    const struct guest_config *config = &vm->config;
    uint64_t n = GUEST_FRAMES + config->nr_vcpus * VCPU_FRAMES + with_tables(config->memory_bytes) +
                 (config->memory_bytes >> 30);

    for (unsigned i = 0; i < config->nr_flash; i++) {
        const uint64_t nr_pages = config->flash[i].size >> PAGE_SHIFT;

        n += with_tables(vm->flash[i].image_size) + config->flash[i].size / TABLE_BYTES +
             nr_pages * sizeof(struct frame *) / PAGE_SIZE;
    }
    return n;
}

int vm_memory_reserve(struct vm *vm, const char **problem)
{
    static char text[80]; /* creations are serialised */
    const uint64_t wanted = frames_wanted(vm);
    uint64_t left;

    if (vm_memory_promise(wanted, &left)) {
        vm->nr_promised = wanted;
        return 0;
    }
    snprintf(text, sizeof(text), "it wants %lu MiB with its tables, and %lu MiB are left",
             (unsigned long)(ALIGN_UP(wanted << PAGE_SHIFT, MIB(1)) >> 20),
             (unsigned long)(left >> (20 - PAGE_SHIFT)));
    *problem = text;
    return -ENOMEM;
}
