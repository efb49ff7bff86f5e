/*
 * Descriptor tables: see <fdtable/fdtable.h>.
 */
#include <fdtable/fdtable.h>

#include <base/errno.h>
#include <bits/bits.h>
#include <heap/heap.h>
#include <string/string.h>

#define NR_OWN_SLOTS 64u

static void table_init(struct fd_table *table)
{
    *table = (struct fd_table){.nr_refs = 1, .nr_slots = NR_OWN_SLOTS};
    spin_init(&table->lock, "fd-table");
    table->files = table->own_files;
    table->open_bits = &table->own_bits[0];
    table->cloexec_bits = &table->own_bits[1];
}

struct fd_table *fd_table_create(void)
{
    struct fd_table *table = heap_alloc(sizeof(*table));

    if (table)
        table_init(table);
    return table;
}

static bool bit_is_set(const uint64_t *bits, unsigned n)
{
    return (bits[n / 64] >> (n % 64) & 1) != 0;
}

static void bit_put(uint64_t *bits, unsigned n, bool value)
{
    if (value)
        bits[n / 64] |= 1ull << (n % 64);
    else
        bits[n / 64] &= ~(1ull << (n % 64));
}

/* Allocate the arrays of nr_slots as one block. */
static struct file **arrays_alloc(uint32_t nr_slots)
{
    return heap_zalloc(nr_slots * sizeof(struct file *) + nr_slots / 64 * 2 * sizeof(uint64_t));
}

/* Copy the contents into new arrays and switch to them; return the block to free. */
static struct file **arrays_set(struct fd_table *table, struct file **files, uint32_t nr_slots)
    REQUIRES(&table->lock)
{
    uint64_t *bits = (uint64_t *)(files + nr_slots);
    struct file **old = table->files == table->own_files ? NULL : table->files;

    memcpy(files, table->files, table->nr_slots * sizeof(files[0]));
    memcpy(bits, table->open_bits, table->nr_slots / 64 * sizeof(bits[0]));
    memcpy(bits + nr_slots / 64, table->cloexec_bits, table->nr_slots / 64 * sizeof(bits[0]));
    table->files = files;
    table->open_bits = bits;
    table->cloexec_bits = bits + nr_slots / 64;
    table->nr_slots = nr_slots;
    return old;
}

/* Make room for slot n; drops the lock for the allocation. -ENOMEM. */
static int table_grow(struct fd_table *table, unsigned n) REQUIRES(&table->lock)
{
    uint32_t nr_slots = table->nr_slots;

    while (nr_slots <= n)
        nr_slots *= 2;
    spin_unlock(&table->lock);
    struct file **files = arrays_alloc(nr_slots);

    spin_lock(&table->lock);
    if (!files)
        return -ENOMEM;
    struct file **spare = files;

    if (nr_slots > table->nr_slots)
        spare = arrays_set(table, files, nr_slots);
    heap_free(spare);
    return 0;
}

void fd_table_get(struct fd_table *table)
{
    __atomic_fetch_add(&table->nr_refs, 1, __ATOMIC_RELAXED);
}

/* Make room for nr_slots in a table that is not shared yet. -ENOMEM. */
static int table_reserve(struct fd_table *table, uint32_t nr_slots)
{
    struct file **files;

    ASSUME_UNSHARED(&table->lock, "the caller alone knows it");
    if (nr_slots <= table->nr_slots)
        return 0;
    files = arrays_alloc(nr_slots);
    if (!files)
        return -ENOMEM;
    heap_free(arrays_set(table, files, nr_slots));
    return 0;
}

/* Copy the descriptors of `from` into an empty table. -ENOMEM. */
static int table_copy(struct fd_table *table, struct fd_table *from)
{
    ASSUME_UNSHARED(&table->lock, "the caller alone knows it");
    spin_lock(&from->lock);
    while (table->nr_slots < from->nr_slots) {
        uint32_t nr_slots = from->nr_slots;

        spin_unlock(&from->lock);
        if (table_reserve(table, nr_slots) != 0)
            return -ENOMEM;
        spin_lock(&from->lock);
    }
    unsigned first_free = from->first_free;

    for (uint32_t word = 0; word < from->nr_slots / 64; word++) {
        uint64_t open = from->open_bits[word];

        for (uint64_t rest = open; rest != 0; rest &= rest - 1) {
            unsigned n = word * 64 + (unsigned)bit_ctz64(rest);
            struct file *file = from->files[n];

            if (!file) { /* reserved by an open in flight: free in the copy */
                open &= ~(1ull << (n % 64));
                first_free = MIN(first_free, n);
                continue;
            }
            file_get(file);
            table->files[n] = file;
        }
        table->open_bits[word] = open;
        table->cloexec_bits[word] = from->cloexec_bits[word] & open;
    }
    table->first_free = first_free;
    spin_unlock(&from->lock);
    return 0;
}

struct fd_table *fd_table_fork(struct fd_table *from)
{
    struct fd_table *table = fd_table_create();

    if (table && table_copy(table, from) != 0) {
        fd_table_put(table);
        table = NULL;
    }
    return table;
}

void fd_table_put(struct fd_table *table)
{
    if (__atomic_sub_fetch(&table->nr_refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    ASSUME_UNSHARED(&table->lock, "that was the last reference");
    for (uint32_t word = 0; word < table->nr_slots / 64; word++) {
        for (uint64_t rest = table->open_bits[word]; rest != 0; rest &= rest - 1) {
            struct file *file = table->files[word * 64 + (unsigned)bit_ctz64(rest)];

            if (file)
                file_close(file, table);
        }
    }
    if (table->files != table->own_files)
        heap_free(table->files);
    heap_free(table);
}

/* Remove and return the file in slot n; NULL: not open. */
static struct file *table_remove(struct fd_table *table, unsigned n)
{
    struct file *file = NULL;

    spin_lock(&table->lock);
    if (n < table->nr_slots && table->files[n]) {
        file = table->files[n];
        table->files[n] = NULL;
        bit_put(table->open_bits, n, false);
        bit_put(table->cloexec_bits, n, false);
        table->first_free = MIN(table->first_free, n);
    }
    spin_unlock(&table->lock);
    return file;
}

int fd_table_exec_prepare(struct fd_table *table, struct fd_table **spare)
{
    *spare = NULL;
    if (!fd_table_is_shared(table))
        return 0;
    *spare = fd_table_create();
    if (!*spare)
        return -ENOMEM;
    return table_reserve(*spare, UNLOCKED(READ_ONCE(table->nr_slots), "the copy makes it enough"));
}

int fd_table_unshare(struct fd_table *table, struct fd_table **spare)
{
    if (!*spare)
        *spare = fd_table_create();
    return !*spare ? -ENOMEM : table_copy(*spare, table);
}

void fd_table_close_on_exec(struct fd_table *table)
{
    ASSUME_LOCKED(&table->lock, "no need: of others only /proc looks, and takes what is open");
    for (uint32_t word = 0; word < table->nr_slots / 64; word++) {
        while (table->cloexec_bits[word] != 0) {
            unsigned n = word * 64 + (unsigned)bit_ctz64(table->cloexec_bits[word]);
            struct file *file = table_remove(table, n);

            if (file)
                file_close(file, table);
            else
                bit_put(table->cloexec_bits, n, false);
        }
    }
}

struct file *fd_table_file(struct fd_table *table, int fd)
{
    struct file *file = NULL;

    spin_lock(&table->lock);
    if (fd >= 0 && (uint32_t)fd < table->nr_slots)
        file = table->files[fd];
    if (file)
        file_get(file);
    spin_unlock(&table->lock);
    return file;
}

int fd_table_next(struct fd_table *table, int fd, bool *is_cloexec)
{
    int found = -1;

    spin_lock(&table->lock);
    for (uint32_t n = (uint32_t)MAX(fd, 0); n < table->nr_slots && found < 0; n++) {
        uint64_t open = table->open_bits[n / 64] & ~0ull << (n % 64);

        if (open == 0) { /* none in the rest of this word */
            n |= 63;
            continue;
        }
        n = n / 64 * 64 + (unsigned)bit_ctz64(open);
        if (table->files[n]) {
            found = (int)n;
            if (is_cloexec)
                *is_cloexec = bit_is_set(table->cloexec_bits, n);
        }
    }
    spin_unlock(&table->lock);
    return found;
}

/* Find the lowest free slot from `lowest` on. */
static unsigned find_free(const struct fd_table *table, unsigned lowest) REQUIRES(&table->lock)
{
    unsigned n = MAX(lowest, table->first_free);

    while (n < table->nr_slots) {
        uint64_t free = ~table->open_bits[n / 64] & ~0ull << (n % 64);

        if (free != 0)
            return n / 64 * 64 + (unsigned)bit_ctz64(free);
        n = (n / 64 + 1) * 64;
    }
    return n;
}

int fd_table_install(struct fd_table *table, struct file *file, int lowest, uint32_t limit,
                     bool is_cloexec)
{
    int ret = 0;
    unsigned n;

    spin_lock(&table->lock);
    for (;;) {
        n = find_free(table, (unsigned)lowest);
        if (n >= limit) {
            ret = -EMFILE;
            break;
        }
        if (n < table->nr_slots)
            break;
        ret = table_grow(table, n);
        if (ret != 0)
            break;
    }
    if (ret == 0) {
        table->files[n] = file;
        bit_put(table->open_bits, n, true);
        bit_put(table->cloexec_bits, n, is_cloexec);
        if ((unsigned)lowest <= table->first_free)
            table->first_free = n + 1;
        ret = (int)n;
    }
    spin_unlock(&table->lock);
    return ret;
}

void fd_table_fill(struct fd_table *table, int fd, struct file *file)
{
    spin_lock(&table->lock);
    table->files[fd] = file;
    if (!file) {
        bit_put(table->open_bits, (unsigned)fd, false);
        bit_put(table->cloexec_bits, (unsigned)fd, false);
        table->first_free = MIN(table->first_free, (unsigned)fd);
    }
    spin_unlock(&table->lock);
}

int fd_table_close(struct fd_table *table, int fd)
{
    struct file *file = fd < 0 ? NULL : table_remove(table, (unsigned)fd);

    if (!file)
        return -EBADF;
    file_close(file, table);
    return 0;
}

int fd_table_replace(struct fd_table *table, struct file *file, int fd, uint32_t limit,
                     bool is_cloexec)
{
    struct file *old = NULL;
    int ret = 0;

    if (fd < 0 || (uint32_t)fd >= limit)
        return -EBADF;
    spin_lock(&table->lock);
    if ((uint32_t)fd >= table->nr_slots)
        ret = table_grow(table, (unsigned)fd);
    if (ret == 0 && !table->files[fd] && bit_is_set(table->open_bits, (unsigned)fd))
        ret = -EBUSY; /* reserved */
    if (ret == 0) {
        old = table->files[fd];
        table->files[fd] = file;
        bit_put(table->open_bits, (unsigned)fd, true);
        bit_put(table->cloexec_bits, (unsigned)fd, is_cloexec);
        ret = fd;
    }
    spin_unlock(&table->lock);
    if (old)
        file_close(old, table);
    return ret;
}

int fd_table_get_cloexec(struct fd_table *table, int fd)
{
    int ret = -EBADF;

    spin_lock(&table->lock);
    if (fd >= 0 && (uint32_t)fd < table->nr_slots && table->files[fd])
        ret = bit_is_set(table->cloexec_bits, (unsigned)fd);
    spin_unlock(&table->lock);
    return ret;
}

int fd_table_set_cloexec(struct fd_table *table, int fd, bool is_cloexec)
{
    int ret = -EBADF;

    spin_lock(&table->lock);
    if (fd >= 0 && (uint32_t)fd < table->nr_slots && table->files[fd]) {
        bit_put(table->cloexec_bits, (unsigned)fd, is_cloexec);
        ret = 0;
    }
    spin_unlock(&table->lock);
    return ret;
}
