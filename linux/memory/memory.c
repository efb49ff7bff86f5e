/*
 * The memory calls (mmap(2) and relatives) on top of mm/vspace.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <filemap/filemap.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <log/log.h>
#include <fdtable/fdtable.h>
#include <task/task.h>
#include <vspace/vspace.h>

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_GROWSDOWN       0x0100
#define MAP_DENYWRITE       0x0800
#define MAP_EXECUTABLE      0x1000
#define MAP_LOCKED          0x2000
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_NONBLOCK        0x10000
#define MAP_STACK           0x20000
#define MAP_HUGETLB         0x40000
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_KNOWN                                                                                  \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |       \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_FIXED_NOREPLACE)

static uint32_t rights_of(uint64_t prot)
{
    return (prot & PROT_READ ? VMA_READ : 0) | (prot & PROT_WRITE ? VMA_WRITE : 0) |
           (prot & PROT_EXEC ? VMA_EXEC : 0);
}

/* Refuse obvious overcommits, larger than all of memory (Linux's heuristic overcommit). */
static bool is_absurd(uint64_t size)
{
    struct frame_stats stats;

    if (size < MIB(64))
        return false;
    frame_stats(&stats);
    return size > stats.total * PAGE_SIZE;
}

/* --- mmap ------------------------------------------------------------------------------------- */

/* Choose the VMA kind for a file. An object that the caller must put afterwards goes into *map. */
static int file_kind(struct file *file, uint64_t prot, bool is_shared, struct filemap **map,
                     struct vspace_map_request *r)
{
    struct file_mapping m = {.kind = FILE_MAPPING_ANONYMOUS};
    int err;

    if (!file->can_read)
        return -EACCES;
    if (is_shared && (prot & PROT_WRITE) && !file->can_write)
        return -EACCES;
    if (file_path(file)->mount && (file_path(file)->mount->flags & MOUNT_NOEXEC)) {
        if (prot & PROT_EXEC)
            return -EPERM;
        r->flags |= VMA_NEVER_EXEC;
    }
    if (is_shared && file->can_write)
        r->flags |= VMA_MAY_WRITE;
    err = file_mmap(file, &m);
    if (err)
        return err;
    switch (m.kind) {
    case FILE_MAPPING_CACHE:
        *map = filemap_create(file, &m);
        r->ops = &vma_file;
        r->object = *map;
        return *map ? 0 : -ENOMEM;
    case FILE_MAPPING_PHYSICAL:
        if (!cred_has_cap(cred_current(), CAP_SYS_RAWIO))
            return -EPERM;
        r->ops = &vma_physical;
        r->offset += m.pa.v;
        r->flags |= VMA_SHARED;
        return 0;
    case FILE_MAPPING_ANONYMOUS:
        r->ops = &vma_anonymous;
        return 0;
    }
    return -ENODEV;
}

static int check_mmap(uint64_t size, uint64_t flags, uint64_t offset)
{
    unsigned type = flags & MAP_TYPE;

    if (size == 0 || (offset & PAGE_MASK))
        return -EINVAL;
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (type == MAP_SHARED_VALIDATE && (flags & MAP_ANONYMOUS))
        return -EINVAL; /* only files can support it */
    if (flags & MAP_HUGETLB)
        return -EINVAL; /* there is no hugetlbfs */
    if (type == MAP_SHARED_VALIDATE && (flags & ~(uint64_t)MAP_KNOWN))
        return -EOPNOTSUPP;
    if (size > UINT64_MAX - PAGE_SIZE)
        return -ENOMEM;
    if (offset + ALIGN_UP(size, PAGE_SIZE) < offset)
        return -EOVERFLOW;
    return 0;
}

static int64_t map(struct vspace_map_request *r, uint64_t flags, uint64_t prot, struct file *file)
{
    bool is_shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    struct vma_shared_object *shared = NULL;
    struct filemap *filemap = NULL;
    uint64_t addr;
    int err = 0;

    if (file) {
        err = file_kind(file, prot, is_shared, &filemap, r);
    } else {
        r->offset = 0;
        r->ops = &vma_anonymous;
        r->flags |= is_shared ? VMA_MAY_WRITE : 0;
    }
    if (!err && r->ops == &vma_anonymous && is_shared) {
        shared = vma_shared_create(r->size);
        r->ops = &vma_shared;
        r->object = shared;
        err = shared ? 0 : -ENOMEM;
    }
    if (!err && is_shared)
        r->flags |= VMA_SHARED;
    if (!err)
        err = vspace_map(user_current()->vspace, r, &addr);
    if (filemap)
        filemap_put(filemap);
    if (shared)
        vma_shared_put(shared);
    return err ? err : (int64_t)addr;
}

int64_t sys_mmap(vaddr_t addr, size_t size, uint64_t prot, uint64_t flags, int fd, uint64_t offset)
{
    struct vspace_map_request r = {
        .addr = addr,
        .size = ALIGN_UP(size, PAGE_SIZE),
        .flags = rights_of(prot),
        .offset = offset,
    };
    struct file *file = NULL;
    int64_t ret;
    int err = check_mmap(size, flags, offset);

    if (err)
        return err;
    if (is_absurd(r.size) && (r.flags & VMA_WRITE) && !(flags & MAP_NORESERVE))
        return -ENOMEM;
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
        r.options |= VSPACE_FIXED;
    if (flags & MAP_FIXED_NOREPLACE)
        r.options |= VSPACE_NO_REPLACE;
    if (!(r.options & VSPACE_FIXED) && r.addr != 0)
        r.addr = MAX(r.addr, MMAP_MIN_ADDR);
    if ((r.options & VSPACE_FIXED) && !process_may_map_at(r.addr))
        return -EPERM;
    if (flags & (MAP_POPULATE | MAP_LOCKED))
        r.options |= VSPACE_POPULATE;
    if (flags & MAP_GROWSDOWN)
        r.flags |= VMA_GROWS_DOWN;
    if (!(flags & MAP_ANONYMOUS)) {
        file = fd_table_file(process_current()->files, fd);
        if (!file)
            return -EBADF;
    }
    ret = map(&r, flags, prot, file);
    if (file)
        file_put(file);
    return ret;
}

int64_t sys_munmap(vaddr_t addr, size_t size)
{
    if ((addr & PAGE_MASK) || size == 0 || size > UINT64_MAX - PAGE_SIZE)
        return -EINVAL;
    return vspace_unmap(user_current()->vspace, addr, ALIGN_UP(size, PAGE_SIZE));
}

int64_t sys_mprotect(vaddr_t addr, size_t size, uint64_t prot)
{
    if ((addr & PAGE_MASK) ||
        (prot & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN | PROT_GROWSUP)))
        return -EINVAL;
    if (size == 0)
        return 0;
    if (size > UINT64_MAX - PAGE_SIZE)
        return -ENOMEM;
    return vspace_protect(user_current()->vspace, addr, ALIGN_UP(size, PAGE_SIZE), rights_of(prot));
}

#define MREMAP_MAYMOVE   1
#define MREMAP_FIXED     2
#define MREMAP_DONTUNMAP 4

int64_t sys_mremap(vaddr_t old, size_t old_size, size_t new_size, uint64_t flags, vaddr_t new)
{
    uint64_t addr;
    uint32_t options = 0;
    int err;

    if ((flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
        (old & PAGE_MASK) || new_size == 0 || new_size > UINT64_MAX - PAGE_SIZE ||
        old_size > UINT64_MAX - PAGE_SIZE)
        return -EINVAL;
    if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
        return -EINVAL;
    if ((flags & MREMAP_FIXED) && !process_may_map_at(new))
        return -EPERM;
    old_size = ALIGN_UP(old_size, PAGE_SIZE);
    new_size = ALIGN_UP(new_size, PAGE_SIZE);
    if ((flags & MREMAP_DONTUNMAP) && old_size != new_size)
        return -EINVAL;
    if (flags & MREMAP_MAYMOVE)
        options |= VSPACE_REMAP_MAY_MOVE;
    if (flags & MREMAP_FIXED)
        options |= VSPACE_REMAP_FIXED;
    if (flags & MREMAP_DONTUNMAP)
        options |= VSPACE_REMAP_KEEP;
    err = vspace_remap(user_current()->vspace, old, old_size, new_size, options,
                       flags & MREMAP_FIXED ? new : 0, &addr);
    return err ? err : (int64_t)addr;
}

int64_t sys_brk(vaddr_t end)
{
    return (int64_t)vspace_brk(user_current()->vspace, end);
}

/* --- advice, residency ------------------------------------------------------------------------ */

#define MADV_NORMAL         0
#define MADV_RANDOM         1
#define MADV_SEQUENTIAL     2
#define MADV_WILLNEED       3
#define MADV_DONTNEED       4
#define MADV_FREE           8
#define MADV_DONTFORK       10
#define MADV_DOFORK         11
#define MADV_MERGEABLE      12
#define MADV_UNMERGEABLE    13
#define MADV_HUGEPAGE       14
#define MADV_NOHUGEPAGE     15
#define MADV_DONTDUMP       16
#define MADV_DODUMP         17
#define MADV_WIPEONFORK     18
#define MADV_KEEPONFORK     19
#define MADV_COLD           20
#define MADV_PAGEOUT        21
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23

int64_t sys_madvise(vaddr_t addr, size_t size, int advice)
{
    struct vspace *vs = user_current()->vspace;
    int err;

    if ((addr & PAGE_MASK) || size > UINT64_MAX - PAGE_MASK)
        return -EINVAL;
    size = ALIGN_UP(size, PAGE_SIZE);
    if (size == 0)
        return 0;
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
        return vspace_discard(vs, addr, size);
    case MADV_DONTFORK:
        return vspace_set_flags(vs, addr, size, VMA_NO_FORK, 0);
    case MADV_DOFORK:
        return vspace_set_flags(vs, addr, size, 0, VMA_NO_FORK);
    case MADV_WIPEONFORK:
        return vspace_set_flags(vs, addr, size, VMA_WIPE_FORK, 0);
    case MADV_KEEPONFORK:
        return vspace_set_flags(vs, addr, size, 0, VMA_WIPE_FORK);
    case MADV_POPULATE_READ:
        err = vspace_populate(vs, addr, size, VMA_READ);
        return err == -EACCES ? -EINVAL : err == -EFAULT ? -ENOMEM : err;
    case MADV_POPULATE_WRITE:
        err = vspace_populate(vs, addr, size, VMA_WRITE);
        return err == -EACCES ? -EINVAL : err == -EFAULT ? -ENOMEM : err;
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return vspace_set_flags(vs, addr, size, 0, 0); /* hints: check the range, do nothing */
    default:
        return -EINVAL;
    }
}

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

/* Write back the object behind [addr, ...) in one VMA; the VMA may go away meanwhile, its object is
 * held. */
static int sync_one(struct vspace *vs, uint64_t addr, uint64_t end, uint64_t *next)
{
    struct vma *vma;
    int err = 0;

    mutex_lock(&vs->lock);
    vma = vspace_find(vs, addr);
    if (!vma || vma->start > addr) {
        err = -ENOMEM;
    } else {
        *next = MIN(vma->end, end);
        if (vma->ops->sync && (vma->flags & VMA_SHARED))
            err = vma->ops->sync(vma, vma->offset + (addr - vma->start), *next - addr);
    }
    mutex_unlock(&vs->lock);
    return err;
}

int64_t sys_msync(vaddr_t addr, size_t size, unsigned flags)
{
    struct vspace *vs = user_current()->vspace;
    uint64_t end = addr + ALIGN_UP(size, PAGE_SIZE);
    int err = 0;

    if ((addr & PAGE_MASK) || (flags & ~(unsigned)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
        ((flags & MS_ASYNC) && (flags & MS_SYNC)))
        return -EINVAL;
    if (end < addr)
        return -ENOMEM;
    for (uint64_t at = addr; !err && at < end;)
        err = sync_one(vs, at, end, &at);
    return err;
}

int64_t sys_mincore(vaddr_t addr, size_t size, vaddr_t resident)
{
    struct vspace *vs = user_current()->vspace;
    uint64_t nr_pages = ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;

    if (addr & PAGE_MASK)
        return -EINVAL;
    if (addr >= vs->limit || nr_pages > (vs->limit - addr) >> PAGE_SHIFT)
        return -ENOMEM;
    for (uint64_t i = 0; i < nr_pages; i++) {
        uint64_t at = addr + (i << PAGE_SHIFT);
        struct vspace_translation t;
        struct vma *vma;
        uint8_t byte;

        mutex_lock(&vs->lock);
        vma = vspace_find(vs, at);
        if (vma && vma->start > at)
            vma = NULL;
        vspace_query(vs, at, &t);
        mutex_unlock(&vs->lock);
        if (!vma)
            return -ENOMEM;
        byte = t.is_mapped;
        if (copy_to_user(resident + i, &byte, 1) != 0)
            return -EFAULT;
    }
    return 0;
}

/* Nothing is ever paged out: locking fills the pages now and protects them from being discarded. */
static int lock_range(uint64_t addr, uint64_t size, bool fills)
{
    struct vspace *vs = user_current()->vspace;
    uint64_t end = ALIGN_UP(addr + size, PAGE_SIZE);
    int err;

    addr = ALIGN_DOWN(addr, PAGE_SIZE);
    if (end < addr)
        return -EINVAL;
    if (end == addr)
        return 0;
    if (!cred_has_cap(cred_current(), CAP_IPC_LOCK) &&
        end - addr > process_current()->limits[RLIMIT_MEMLOCK].cur)
        return -ENOMEM;
    err = vspace_set_flags(vs, addr, end - addr, VMA_LOCKED, 0);
    if (!err && fills)
        err = vspace_populate(vs, addr, end - addr, VMA_READ);
    return err == -EFAULT || err == -EACCES ? -ENOMEM : err;
}

int64_t sys_mlock(vaddr_t addr, size_t size)
{
    return lock_range(addr, size, true);
}

#define MLOCK_ONFAULT 1

int64_t sys_mlock2(vaddr_t addr, size_t size, unsigned flags)
{
    if (flags & ~(unsigned)MLOCK_ONFAULT)
        return -EINVAL;
    return lock_range(addr, size, !(flags & MLOCK_ONFAULT));
}

int64_t sys_munlock(vaddr_t addr, size_t size)
{
    uint64_t start = ALIGN_DOWN(addr, PAGE_SIZE), end = ALIGN_UP(addr + size, PAGE_SIZE);

    if (end < start)
        return -EINVAL;
    return end == start
               ? 0
               : vspace_set_flags(user_current()->vspace, start, end - start, 0, VMA_LOCKED);
}

#define MCL_CURRENT 1u
#define MCL_FUTURE  2u
#define MCL_ONFAULT 4u

int64_t sys_mlockall(unsigned flags)
{
    if ((flags & (MCL_CURRENT | MCL_FUTURE)) == 0 ||
        (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
        return -EINVAL;
    return 0; /* nothing is ever paged out */
}

int64_t sys_munlockall(void)
{
    return 0;
}
