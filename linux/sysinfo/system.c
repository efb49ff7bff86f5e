/*
 * Calls about the system as a whole: uname(2), sysinfo(2), reboot(2), getcpu(2), membarrier(2),
 * getrandom(2), syslog(2).
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <frame/frame.h>
#include <log/log.h>
#include <panic/panic.h>
#include <percpu/percpu.h>
#include <pending/pending.h>
#include <power/power.h>
#include <random/random.h>
#include <string/string.h>
#include <machine/machine.h>
#include <sysinfo/uname.h>
#include <task/table.h>

/* --- uname ------------------------------------------------------------------------------------ */

static struct spinlock uname_lock = SPINLOCK_INIT("uname");
static struct uname uname_now GUARDED_BY(&uname_lock) = {
    .sysname = "Linux",
    .nodename = "trine",
    .release = "6.12.0-trine",
    .version = "#1 SMP Trine",
    .machine = MACHINE_NAME,
    .domainname = "(none)",
};

void uname_get(struct uname *out)
{
    spin_lock(&uname_lock);
    *out = uname_now;
    spin_unlock(&uname_lock);
}

int uname_set(enum uname_settable which, const char *text, size_t len)
{
    char name[UNAME_FIELD] = {0};

    if (len >= UNAME_FIELD)
        return -EINVAL;
    memcpy(name, text, len);
    spin_lock(&uname_lock);
    memcpy(which == UNAME_NODENAME ? uname_now.nodename : uname_now.domainname, name, UNAME_FIELD);
    spin_unlock(&uname_lock);
    return 0;
}

int64_t sys_uname(vaddr_t name)
{
    struct uname now;

    uname_get(&now);
    return copy_to_user(name, &now, sizeof(now));
}

static int set_name(enum uname_settable which, vaddr_t src, unsigned size)
{
    char name[UNAME_FIELD];

    if (!cred_has_cap(cred_current(), CAP_SYS_ADMIN))
        return -EPERM;
    if (size >= UNAME_FIELD)
        return -EINVAL;
    if (copy_from_user(name, src, size) != 0)
        return -EFAULT;
    return uname_set(which, name, size);
}

int64_t sys_sethostname(vaddr_t name, unsigned size)
{
    return set_name(UNAME_NODENAME, name, size);
}

int64_t sys_setdomainname(vaddr_t name, unsigned size)
{
    return set_name(UNAME_DOMAINNAME, name, size);
}

/* --- the machine ------------------------------------------------------------------------------ */

int64_t sys_sysinfo(vaddr_t uinfo)
{
    struct {
        int64_t uptime;
        uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
        uint16_t procs, pad;
        uint32_t pad2;
        uint64_t totalhigh, freehigh;
        uint32_t mem_unit, pad3;
    } info = {.mem_unit = 1};
    struct frame_stats stats;

    frame_stats(&stats);
    info.uptime = (int64_t)(time_now_ns() / NS_PER_SEC);
    info.totalram = (stats.total - stats.reserved - stats.meta - stats.meta_ahead) * PAGE_SIZE;
    info.freeram = (stats.free - MIN(stats.meta_ahead, stats.free)) * PAGE_SIZE;
    info.procs = (uint16_t)UNLOCKED(READ_ONCE(nr_user_threads), "a figure");
    return copy_to_user(uinfo, &info, sizeof(info));
}

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2
#define GRND_INSECURE 4

int64_t sys_getrandom(vaddr_t buf, size_t count, unsigned flags)
{
    uint8_t block[256];
    uint64_t done = 0;
    bool has_fault = false;

    if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    while (done < count) {
        uint64_t n = MIN(count - done, sizeof(block));

        random_bytes(block, n);
        uint64_t nr_failed = copy_to_user_partial(buf + done, block, n);

        done += n - nr_failed;
        has_fault = nr_failed != 0;
        if (has_fault || (signal_is_pending() && done < count))
            break;
    }
    memset(block, 0, sizeof(block));
    return done == 0 && has_fault ? -EFAULT : (int64_t)done;
}

#define REBOOT_MAGIC1    0xfee1dead
#define REBOOT_MAGIC2    672274793
#define REBOOT_MAGIC2A   85072278
#define REBOOT_MAGIC2B   369367448
#define REBOOT_MAGIC2C   537993216
#define REBOOT_RESTART   0x01234567
#define REBOOT_HALT      0xcdef0123
#define REBOOT_CAD_ON    0x89abcdef
#define REBOOT_CAD_OFF   0
#define REBOOT_POWER_OFF 0x4321fedc

int64_t sys_reboot(uint32_t magic, uint32_t magic2, uint32_t command, vaddr_t text)
{
    if (!cred_has_cap(cred_current(), CAP_SYS_BOOT))
        return -EPERM;
    if (magic != REBOOT_MAGIC1 || (magic2 != REBOOT_MAGIC2 && magic2 != REBOOT_MAGIC2A &&
                                   magic2 != REBOOT_MAGIC2B && magic2 != REBOOT_MAGIC2C))
        return -EINVAL;
    switch (command) {
    case REBOOT_RESTART:
        power_reboot();
    case REBOOT_HALT:
        log_print(LOG_EMERG, "reboot: System halted");
        system_halt();
    case REBOOT_POWER_OFF:
        log_info("reboot: power off");
        power_off();
    case REBOOT_CAD_ON:
    case REBOOT_CAD_OFF:
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- processors ------------------------------------------------------------------------------- */

int64_t sys_getcpu(vaddr_t cpu, vaddr_t node)
{
    if (cpu && put_user_u32(cpu, thread_current()->arch.cpu) != 0)
        return -EFAULT;
    if (node && put_user_u32(node, 0) != 0)
        return -EFAULT;
    return 0;
}

#define MEMBARRIER_QUERY                      0
#define MEMBARRIER_GLOBAL                     1
#define MEMBARRIER_PRIVATE_EXPEDITED          8
#define MEMBARRIER_REGISTER_PRIVATE_EXPEDITED 16

/* fence.i by the firmware is also a full barrier on every CPU. */
int64_t sys_membarrier(int command, unsigned flags, int cpu)
{
    struct process *p = process_current();

    if (flags)
        return -EINVAL;
    switch (command) {
    case MEMBARRIER_QUERY:
        return MEMBARRIER_GLOBAL | MEMBARRIER_PRIVATE_EXPEDITED |
               MEMBARRIER_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED:
        p->membarrier_state = 1;
        return 0;
    case MEMBARRIER_PRIVATE_EXPEDITED:
        if (!p->membarrier_state)
            return -EPERM;
        FALLTHROUGH;
    case MEMBARRIER_GLOBAL:
        arch_mb();
        arch_fence_i_remote(__atomic_load_n(&cpus_online, __ATOMIC_RELAXED));
        return 0;
    default:
        return -EINVAL;
    }
}

/* Restartable sequences are not implemented; C libraries fall back. */
int64_t sys_rseq(vaddr_t area, uint32_t size, int flags, uint32_t signature)
{
    return -ENOSYS;
}

/* --- the log ---------------------------------------------------------------------------------- */

static uint64_t
    log_cleared_at; /* [a] log position of the last clear; syslog(2) shows what follows */

static uint64_t log_end(uint64_t pos)
{
    char chunk[256];

    while (log_read(&pos, chunk, sizeof(chunk)) > 0)
        continue;
    return pos;
}

/* Read the last whole lines since the clear that fit into size bytes. */
static int64_t log_to_user(uint64_t uaddr, uint64_t size)
{
    uint64_t pos = __atomic_load_n(&log_cleared_at, __ATOMIC_RELAXED), done = 0;
    uint64_t end = log_end(pos);
    char chunk[256];
    size_t n;

    if (end > size && pos < end - size) {
        pos = end - size - 1; /* start after the next newline */
        do {
            n = log_read(&pos, chunk, 1);
        } while (n == 1 && chunk[0] != '\n');
    }
    while (done < size && (n = log_read(&pos, chunk, MIN(sizeof(chunk), size - done))) > 0) {
        if (copy_to_user(uaddr + done, chunk, n) != 0)
            return -EFAULT;
        done += n;
    }
    return (int64_t)done;
}

static void log_clear(void)
{
    __atomic_store_n(&log_cleared_at, log_end(0), __ATOMIC_RELAXED);
}

/* Actions of syslog(2). */
enum {
    SYSLOG_CLOSE,
    SYSLOG_OPEN,
    SYSLOG_READ,
    SYSLOG_READ_ALL,
    SYSLOG_READ_CLEAR,
    SYSLOG_CLEAR,
    SYSLOG_CONSOLE_OFF,
    SYSLOG_CONSOLE_ON,
    SYSLOG_CONSOLE_LEVEL,
    SYSLOG_SIZE_UNREAD,
    SYSLOG_SIZE_BUFFER,
};

int64_t sys_syslog(int type, vaddr_t buf, int size)
{
    int64_t ret;

    /* Reading the whole log and its size need no privilege. */
    if (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER &&
        !cred_has_cap(cred_current(), CAP_SYSLOG))
        return -EPERM;
    switch (type) {
    case SYSLOG_CLOSE:
    case SYSLOG_OPEN:
        return 0;
    case SYSLOG_READ:
    case SYSLOG_READ_ALL:
    case SYSLOG_READ_CLEAR:
        if (!buf || size < 0)
            return -EINVAL;
        ret = log_to_user(buf, (uint32_t)size);
        if (ret >= 0 && type == SYSLOG_READ_CLEAR)
            log_clear();
        return ret;
    case SYSLOG_CLEAR:
        log_clear();
        return 0;
    case SYSLOG_CONSOLE_OFF:
        log_set_level(1);
        return 0;
    case SYSLOG_CONSOLE_ON:
        log_set_level(7);
        return 0;
    case SYSLOG_CONSOLE_LEVEL:
        if (size < 1 || size > 8)
            return -EINVAL;
        log_set_level((unsigned)size);
        return 0;
    case SYSLOG_SIZE_UNREAD:
        return (int64_t)(log_end(0) - __atomic_load_n(&log_cleared_at, __ATOMIC_RELAXED));
    case SYSLOG_SIZE_BUFFER:
        return 1 << 17;
    default:
        return -EINVAL;
    }
}
