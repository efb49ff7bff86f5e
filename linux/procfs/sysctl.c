/*
 * /proc/sys: settings and constants of the system.
 */
#include <log/log.h>
#include <pipe/pipe.h>
#include <printf/printf.h>
#include <sysinfo/uname.h>
#include <random/random.h>
#include <reclaim/reclaim.h>
#include <string/string.h>
#include <vspace/vspace.h>

#include "internal.h"

/* ---- kernel ---- */

static ssize_t store_name(enum uname_settable which, const char *text, size_t n)
{
    size_t len = n > 0 && text[n - 1] == '\n' ? n - 1 : n;
    int err;

    if (cred_current()->euid != 0)
        return -EPERM;
    err = uname_set(which, text, len);
    return err ? err : (ssize_t)n;
}

static ssize_t store_hostname(const struct pseudo_object *object, const char *text, size_t n)
{
    (void)object;
    return store_name(UNAME_NODENAME, text, n);
}

static ssize_t store_domainname(const struct pseudo_object *object, const char *text, size_t n)
{
    (void)object;
    return store_name(UNAME_DOMAINNAME, text, n);
}

#define SHOW_UNAME(name, field)                                                                    \
    static int name(struct seq *seq, const struct pseudo_object *object)                           \
    {                                                                                              \
        struct uname now;                                                                          \
                                                                                                   \
        (void)object;                                                                              \
        uname_get(&now);                                                                           \
        seq_printf(seq, "%s\n", now.field);                                                        \
        return 0;                                                                                  \
    }
SHOW_UNAME(show_hostname, nodename)
SHOW_UNAME(show_domainname, domainname)
SHOW_UNAME(show_ostype, sysname)
SHOW_UNAME(show_osrelease, release)
SHOW_UNAME(show_osversion, version)

/* Up to nr_max numbers between blanks, of which the first counts. -EINVAL. */
static int parse_numbers(const char *text, unsigned nr_max, uint64_t *first)
{
    uint64_t number;

    for (unsigned nr = 0;; nr++) {
        while (char_is_space(*text))
            text++;
        if (*text == '\0')
            return nr > 0 ? 0 : -EINVAL;
        if (nr == nr_max || str_to_u64(text, &text, 10, nr == 0 ? first : &number) != 0 ||
            (*text != '\0' && !char_is_space(*text)))
            return -EINVAL;
    }
}

#define SHOW_NUMBER(name, value)                                                                   \
    static int name(struct seq *seq, const struct pseudo_object *object)                           \
    {                                                                                              \
        (void)object;                                                                              \
        seq_printf(seq, "%lu\n", (unsigned long)(value));                                          \
        return 0;                                                                                  \
    }
SHOW_NUMBER(show_pid_max, PID_MAX)
SHOW_NUMBER(show_cap_last, CAP_LAST)
SHOW_NUMBER(show_ngroups, CRED_NR_GROUPS)
SHOW_NUMBER(show_zero, 0)
SHOW_NUMBER(show_mmap_min_addr, MMAP_MIN_ADDR)

static int show_printk(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_printf(seq, "%u\t4\t1\t7\n", log_get_level());
    return 0;
}

static ssize_t store_printk(const struct pseudo_object *object, const char *text, size_t n)
{
    uint64_t level;

    (void)object;
    if (cred_current()->euid != 0)
        return -EPERM;
    if (parse_numbers(text, 4, &level) != 0 || level > 8)
        return -EINVAL;
    log_set_level((unsigned)level);
    return (ssize_t)n;
}

/* ---- kernel/random ---- */

static void print_uuid(struct seq *seq, const uint8_t *bytes)
{
    for (int i = 0; i < 16; i++)
        seq_printf(seq, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    seq_putc(seq, '\n');
}

/* RFC 9562, version 4. */
static void make_uuid(uint8_t *bytes)
{
    random_bytes(bytes, 16);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
}

static int show_uuid(struct seq *seq, const struct pseudo_object *object)
{
    uint8_t bytes[16];

    (void)object;
    make_uuid(bytes);
    print_uuid(seq, bytes);
    return 0;
}

static int show_boot_id(struct seq *seq, const struct pseudo_object *object)
{
    static struct spinlock lock = SPINLOCK_INIT("boot-id");
    static uint8_t bytes[16] GUARDED_BY(&lock); /* [lock] byte 6 is 0 until it is made */

    (void)object;
    spin_lock(&lock);
    if (bytes[6] == 0)
        make_uuid(bytes);
    spin_unlock(&lock);
    print_uuid(seq, bytes);
    return 0;
}

static int show_entropy(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_printf(seq, "%u\n", random_is_seeded() ? 256 : 0);
    return 0;
}

SHOW_NUMBER(show_poolsize, 256)

/* ---- fs, vm ---- */

SHOW_NUMBER(show_pipe_max, PIPE_MAX_SIZE)
SHOW_NUMBER(show_nr_open, 65536)

#define SETTING(name_, show_, store_)                                                              \
    {                                                                                              \
        .name = (name_), .mode = S_IFREG | 0644, .show = (show_), .store = (store_)                \
    }

static const struct pseudo_node random_children[] = {
    PROC_FILE("boot_id", show_boot_id),
    PROC_FILE("entropy_avail", show_entropy),
    PROC_FILE("poolsize", show_poolsize),
    PROC_FILE("uuid", show_uuid),
    {.name = NULL},
};

static const struct pseudo_node kernel_children[] = {
    PROC_FILE("cap_last_cap", show_cap_last),
    SETTING("domainname", show_domainname, store_domainname),
    SETTING("hostname", show_hostname, store_hostname),
    PROC_FILE("ngroups_max", show_ngroups),
    PROC_FILE("osrelease", show_osrelease),
    PROC_FILE("ostype", show_ostype),
    PROC_FILE("pid_max", show_pid_max),
    SETTING("printk", show_printk, store_printk),
    PROC_DIR("random", random_children),
    PROC_FILE("version", show_osversion),
    {.name = NULL},
};

static const struct pseudo_node fs_children[] = {
    PROC_FILE("nr_open", show_nr_open),
    PROC_FILE("pipe-max-size", show_pipe_max),
    {.name = NULL},
};

static ssize_t store_max_map_count(const struct pseudo_object *object, const char *text, size_t n)
{
    uint64_t count;

    (void)object;
    if (cred_current()->euid != 0)
        return -EPERM;
    if (parse_numbers(text, 1, &count) != 0 || count > INT32_MAX)
        return -EINVAL;
    WRITE_ONCE(vspace_max_vmas, (uint32_t)count);
    return (ssize_t)n;
}

SHOW_NUMBER(show_max_map_count, vspace_max_vmas)

/* As Linux's Documentation/admin-guide/sysctl/vm.rst: 1 drops clean page-cache pages, 2 reclaimable
 * objects, 3 both. Dirty pages are never dropped; sync first to free them too. */
static ssize_t store_drop_caches(const struct pseudo_object *object, const char *text, size_t n)
{
    uint64_t what;

    (void)object;
    if (cred_current()->euid != 0)
        return -EPERM;
    if (parse_numbers(text, 1, &what) != 0 || what == 0 || what > 4)
        return -EINVAL;
    if ((what & 1) != 0)
        reclaim_pages();
    if ((what & 2) != 0) {
        reclaim_names();
        reclaim_spares();
    }
    return (ssize_t)n;
}

static const struct pseudo_node vm_children[] = {
    {.name = "drop_caches", .mode = S_IFREG | 0200, .store = store_drop_caches},
    SETTING("max_map_count", show_max_map_count, store_max_map_count),
    PROC_FILE("mmap_min_addr", show_mmap_min_addr),
    PROC_FILE("overcommit_memory", show_zero),
    PROC_FILE("swappiness", show_zero),
    {.name = NULL},
};

const struct pseudo_node sys_children[] = {
    PROC_DIR("fs", fs_children),
    PROC_DIR("kernel", kernel_children),
    PROC_DIR("vm", vm_children),
    {.name = NULL},
};
