/*
 * The fault path: turns a missing or too weak entry into one that allows the access.
 *
 * Truncation and write-back of a file remove or weaken entries at any time, and threads of a space
 * fault in parallel, under table_lock alone. So the tables are walked and changed in one hold of
 * table_lock; if a page is needed, the lock is dropped, the page allocated or the object asked for
 * it, and everything checked again. The page is kept until then, with a reference.
 *
 * A fault holds vs->lock, which keeps the VMA and its object. If another thread holds it, a fault
 * in anonymous memory goes on without: it looks the VMA up under table_lock, each time
 * (fault_quick). If the page must be read from a device, vs->lock is dropped, so that other threads
 * of the space can map and fault; the fault then restarts and finds the page at once.
 *
 * Copy on write: the entry lacks W although the VMA has it. A private page is copied unless its
 * frame is the space's own memory with a single reference, which is made writable as it is.
 */
#include "internal.h"

/* look(): the object must be asked first. Not an errno, and never returned by vspace_fault(). */
#define NEEDS_PAGE 2
/* fault_quick(): nothing was done, vs->lock is needed. Never returned by vspace_fault() either. */
#define NEEDS_LOCK 5
_Static_assert(NEEDS_PAGE != VSPACE_EMULATE && NEEDS_FETCH != VSPACE_EMULATE &&
                   NEEDS_FRAMES != VSPACE_EMULATE && NEEDS_LOCK != VSPACE_EMULATE,
               "results differ");

uint64_t pte_flags(uint32_t rights)
{
    uint64_t flags = PT_U;

    if (!(rights & VMA_RIGHTS))
        return PT_NO_ACCESS;
    if (rights & VMA_READ)
        flags |= PT_R;
    if (rights & VMA_WRITE)
        flags |= PT_RW; /* W without R is reserved */
    if (rights & VMA_EXEC)
        flags |= PT_X;
    return flags;
}

static bool pte_allows(pte_t pte, uint32_t access)
{
    if (!pte_has(pte, PT_U))
        return false;
    return !((access & VMA_READ) && !pte_has(pte, PT_R)) &&
           !((access & VMA_WRITE) && !pte_has(pte, PT_W)) &&
           !((access & VMA_EXEC) && !pte_has(pte, PT_X));
}

static bool has_rights(const struct vma *vma, uint32_t access)
{
    if (vma->flags & VMA_WRITE)
        access &= ~VMA_READ; /* the hardware has no write without read */
    return (vma->flags & access) == access;
}

static ALWAYS_INLINE void fault_init(struct fault *f, struct vspace *vs, uint64_t addr,
                                     uint32_t access)
{
    f->vs = vs;
    f->addr = addr;
    f->access = access;
    f->has_page = false;
    f->copy = NULL;
    f->nr_frames = 0;
    f->nr_used = 0;
    f->block = NULL;
}

/* --- copy on write ---------------------------------------------------------------------------- */

/* Allocate a frame with a copy of the bytes at pa. */
static struct frame *copy_of(paddr_t pa)
{
    struct frame *frame = frame_alloc_anon(0);

    if (frame)
        memcpy(frame_to_virt(frame), phys_to_virt(pa), PAGE_SIZE);
    return frame;
}

static bool is_sole_owner(const struct frame *frame)
{
    return frame->type == FRAME_ANON && __atomic_load_n(&frame->refcount, __ATOMIC_ACQUIRE) == 1;
}

/*
 * Resolve a write to private memory whose entry is read-only although the VMA is writable. The
 * entry holds a reference to the old frame and stays in place during the copy.
 */
static int break_sharing(struct fault *f, pte_t *slot)
{
    uint64_t flags = pte_flags(f->vma->flags);
    struct frame *old = pte_has_frame(*slot) ? pte_to_frame(*slot) : NULL;
    struct frame *frame;

    if (old && is_sole_owner(old)) {
        WRITE_ONCE(*slot, pte_with_rights(*slot, flags));
        vspace_flush_local(f->vs, f->addr);
        return 0;
    }
    frame = copy_of(pte_to_pa(*slot));
    if (!frame)
        return -ENOMEM;
    /* Flush first: no CPU may read the old frame while another writes the new one. */
    WRITE_ONCE(*slot, pte_with_rights(*slot, PT_NO_ACCESS));
    vspace_flush(f->vs, f->addr, PAGE_SIZE);
    if (f->vma->flags & VMA_EXEC)
        vspace_flush_code(f->vs);
    WRITE_ONCE(*slot, pte_make(frame_to_pa(frame), flags | PTE_COUNTED));
    if (old)
        frame_unuse(old);
    else
        f->vs->nr_resident++;
    return 0;
}

/* --- pages of an object ----------------------------------------------------------------------- */

static uint64_t object_offset(const struct fault *f)
{
    return f->vma->offset + (f->addr - f->vma->start);
}

static bool is_copied(const struct fault *f)
{
    return (f->access & VMA_WRITE) && !(f->vma->flags & VMA_SHARED);
}

static void forget_page(struct fault *f)
{
    if (f->copy)
        frame_unuse(f->copy);
    if (f->has_page && f->page.frame)
        frame_unuse(f->page.frame);
    f->copy = NULL;
    f->has_page = false;
}

/* Get the page from the object, and copy it if it will be written. vs->lock is held, table_lock
 * not. */
static int ask_object(struct fault *f, struct fetch *fetch)
{
    const struct vma_ops *ops = f->vma->ops;
    uint32_t access = is_copied(f) ? VMA_READ : f->access;
    int err;

    forget_page(f);
    err = ops->page(f->vma, object_offset(f), access, &f->page);
    if (err == -EAGAIN) {
        ops->hold(f->vma->object);
        fetch->ops = ops;
        fetch->object = f->vma->object;
        fetch->offset = object_offset(f);
        fetch->access = access;
        return NEEDS_FETCH;
    }
    if (err)
        return err;
    f->has_page = true;
    if (is_copied(f)) {
        f->copy = copy_of(f->page.pa);
        if (!f->copy)
            return -ENOMEM;
    }
    if (f->vma->flags & VMA_EXEC)
        vspace_flush_code(f->vs);
    return 0;
}

/* True if the page obtained from the object is still valid. table_lock is held. */
static bool has_current_page(const struct fault *f)
{
    const struct vma_ops *ops = f->vma->ops;

    return f->has_page && (!ops->is_current ||
                           ops->is_current(f->vma, object_offset(f),
                                           is_copied(f) ? VMA_READ : f->access, f->page.frame));
}

static int fill_from_object(struct fault *f, pte_t *entry, unsigned level)
{
    uint64_t flags = pte_flags(f->vma->flags);
    pte_t *slot;

    if (!has_current_page(f))
        return NEEDS_PAGE;
    slot = level == 0 ? entry : arch_pt_slot(&f->vs->tables, f->addr, 0, true);
    if (!slot)
        return -ENOMEM;
    if (f->copy) {
        slot_fill(f->vs, slot, f->copy, flags);
        f->copy = NULL;
        return 0;
    }
    if (!(f->vma->flags & VMA_SHARED) || !f->page.is_writable)
        flags &= ~PT_W;
    if (f->page.frame)
        slot_fill(f->vs, slot, f->page.frame, flags);
    else
        WRITE_ONCE(*slot, pte_make(f->page.pa, flags));
    f->has_page = false; /* the entry took over the reference */
    return 0;
}

/* Make a read-only mapped shared page writable, after asking (and thereby notifying) the object. */
static int upgrade_shared(struct fault *f, pte_t *slot)
{
    if (!has_current_page(f))
        return NEEDS_PAGE;
    if (pte_to_pa(*slot).v != f->page.pa.v) {
        /* The file was truncated and has grown again; the old entry is about to be removed. */
        tables_clear_locked(f->vs, f->addr, PAGE_SIZE);
        return fill_from_object(f, NULL, 1);
    }
    WRITE_ONCE(*slot, pte_with_rights(*slot, pte_flags(f->vma->flags)));
    vspace_flush_local(f->vs, f->addr);
    return 0;
}

/* Examine the tables once and act. 0, NEEDS_PAGE, NEEDS_FRAMES, -errno. */
static ALWAYS_INLINE int look(struct fault *f) REQUIRES(&f->vs->table_lock)
{
    unsigned level;
    pte_t *entry = arch_pt_entry(&f->vs->tables, f->addr, &level);

    if (pte_is_present(*entry)) {
        if (level > 0 || pte_allows(*entry, f->access)) {
            vspace_flush_local(f->vs, f->addr);
            return 0;
        }
        return f->vma->flags & VMA_SHARED ? upgrade_shared(f, entry) : break_sharing(f, entry);
    }
    if (!f->vma->ops->page)
        return fill_anonymous(f, entry, level);
    if (f->vma->ops == &vma_physical)
        return fill_physical(f);
    return fill_from_object(f, entry, level);
}

int fetch_page(struct fetch *fetch)
{
    int err;

    fetch_end(fetch);
    fetch->frame = NULL;
    err = fetch->ops->fetch(fetch->object, fetch->offset, fetch->access, &fetch->frame);
    fetch->ops->release(fetch->object);
    return err;
}

/*
 * The VMA at f->addr, if the access may be had there without vs->lock. What changes VMAs and their
 * entries together does so in one hold of table_lock, or marks the VMA as moving.
 */
static struct vma *quick_vma(const struct fault *f) REQUIRES(&f->vs->table_lock)
{
    struct vma *vma = vspace_find(f->vs, f->addr);

    if (!vma || vma->start > f->addr || vma->ops->page || (vma->flags & (VMA_LARGE | VMA_MOVING)) ||
        !has_rights(vma, f->access))
        return NULL;
    return vma;
}

/* Another thread has vs->lock: fault without it, or do nothing and return NEEDS_LOCK. */
static NOINLINE int fault_quick(struct vspace *vs, uint64_t addr, uint32_t access)
{
    struct fault f;
    int ret;

    fault_init(&f, vs, addr, access);
    do {
        spin_lock(&f.vs->table_lock);
        f.vma = quick_vma(&f);
        ret = f.vma ? look(&f) : NEEDS_LOCK;
        spin_unlock(&f.vs->table_lock);
    } while (ret == NEEDS_FRAMES && (ret = frames_get(&f)) == 0);
    frames_put(&f);
    return ret;
}

int fault_locked(struct vspace *vs, struct vma *vma, uint64_t addr, uint32_t access,
                 struct fetch *fetch)
{
    struct fault f;
    int ret;

    fault_init(&f, vs, addr, access);
    f.vma = vma;
    if (unlikely(vma->flags & VMA_LARGE) && fill_large(vs, vma, addr))
        return 0;
    do {
        spin_lock(&f.vs->table_lock);
        ret = look(&f);
        spin_unlock(&f.vs->table_lock);
        if (ret == 0)
            break;
        if (ret == NEEDS_FRAMES)
            ret = frames_get(&f);
        else if (ret == NEEDS_PAGE)
            ret = ask_object(&f, fetch);
    } while (ret == 0);
    forget_page(&f);
    frames_put(&f);
    return ret;
}

/* --- entry ------------------------------------------------------------------------------------ */

/* Grow a stack down to addr, keeping an unmapped gap below it. */
#define STACK_GAP MIB(1)

static int grow_down(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    uint64_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    struct vma *below = vma_prev(vma);
    uint64_t nr_new = vma->start - start;

    if (!(vma->flags & VMA_GROWS_DOWN) || vma->end - start > vs->limits.stack_bytes ||
        (below && start < below->end + STACK_GAP) || start < vs->base)
        return -EFAULT;
    if (nr_new > vs->limits.nr_bytes || vs->nr_bytes > vs->limits.nr_bytes - nr_new)
        return -ENOMEM;
    spin_lock(&vs->table_lock);
    vma->start = start;
    vs->nr_bytes += nr_new;
    spin_unlock(&vs->table_lock);
    return 0;
}

int resolve(struct vspace *vs, uint64_t addr, uint32_t access, struct fetch *fetch)
{
    struct vma *vma = vspace_find(vs, addr);
    int err;

    if (!vma)
        return -EFAULT;
    if (vma->start > addr) {
        err = grow_down(vs, vma, addr);
        if (err)
            return err;
    }
    if (!has_rights(vma, access))
        return -EACCES;
    return fault_locked(vs, vma, ALIGN_DOWN(addr, PAGE_SIZE), access, fetch);
}

int vspace_fault(struct vspace *vs, uint64_t addr, uint32_t access)
{
    struct fetch fetch;
    int ret;

    if (addr < vs->base || addr >= vs->limit)
        return -EFAULT;
    fetch.frame = NULL;
    if (unlikely(mutex_is_locked(&vs->lock))) {
        ret = fault_quick(vs, ALIGN_DOWN(addr, PAGE_SIZE), access);
        if (ret != NEEDS_LOCK)
            return ret;
    }
    do {
        mutex_lock(&vs->lock);
        ret = resolve(vs, addr, access, &fetch);
        mutex_unlock(&vs->lock);
    } while (unlikely(ret == NEEDS_FETCH) && (ret = fetch_page(&fetch)) == 0);
    fetch_end(&fetch);
    return ret;
}

/* Populate from *at on until a page must be read from a device. */
static int populate_locked(struct vspace *vs, uint64_t *at, uint64_t end, uint32_t access,
                           struct fetch *fetch)
{
    for (; *at < end; *at += PAGE_SIZE) {
        struct vspace_translation t;
        int ret = 0;

        vspace_query(vs, *at, &t);
        if (!t.is_mapped || (t.rights & access) != access)
            ret = *at < vs->base || *at >= vs->limit ? -EFAULT : resolve(vs, *at, access, fetch);
        if (ret != 0)
            return ret;
    }
    return 0;
}

int vspace_populate(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t access)
{
    uint64_t at = ALIGN_DOWN(addr, PAGE_SIZE);
    struct fetch fetch;
    int ret;

    fetch.frame = NULL;
    do {
        mutex_lock(&vs->lock);
        ret = populate_locked(vs, &at, addr + size, access, &fetch);
        mutex_unlock(&vs->lock);
    } while (ret == NEEDS_FETCH && (ret = fetch_page(&fetch)) == 0);
    fetch_end(&fetch);
    return ret;
}
