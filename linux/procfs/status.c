/*
 * /proc/PID/{stat,statm,status,comm}: the state and counters of a process or thread.
 */
#include <fdtable/fdtable.h>
#include <heap/heap.h>
#include <fs_context/fs_context.h>
#include <task/group.h>
#include <string/string.h>
#include <time/time.h>
#include <tty/tty.h>
#include <vspace/vspace.h>

#include "internal.h"

/* ---- a consistent snapshot of everything that process_lock guards ---- */

struct snapshot {
    pid_t pid, tid, ppid, pgid, sid;
    uint32_t tty_nr;
    int tpgid;
    char state;
    char name[16];
    struct cred cred;
    bool has_no_new_privs;
    uint32_t nr_threads, nr_queued;
    uint64_t nr_queued_max;
    int nice, cpu, exit_signal, exit_status;
    uint64_t utime_ns, stime_ns, child_utime_ns, child_stime_ns, start_ns;
    uint64_t nr_minor, nr_major, nr_child_minor;
    uint64_t nr_preempted;
    sigset64_t pending, shared_pending, blocked, ignored, caught;
    cpumask_t affinity;
    /* Sizes of the address space; zero without one. */
    uint64_t nr_bytes, nr_resident, nr_resident_peak, nr_table_pages;
    uint64_t nr_code, nr_data, nr_stack;
    uint64_t code_start, code_end, data_start, data_end, brk_start, brk;
    uint64_t stack_top, arg_start, arg_end, env_start, env_end;
    uint64_t nr_fd_slots;
    uint32_t umask;
};

static void snapshot_signals(struct snapshot *s, const struct process *process,
                             const struct user_thread *ut) REQUIRES(&process_lock)
{
    for (int n = 0; n < NR_SIGNALS; n++)
        if (process->actions[n].handler == SIG_IGN)
            s->ignored |= 1ull << n;
        else if (process->actions[n].handler != SIG_DFL)
            s->caught |= 1ull << n;
    s->shared_pending = process->pending.set;
    if (ut) {
        s->pending = ut->pending.set;
        s->blocked = ut->blocked;
    }
}

static void snapshot_locked(struct snapshot *s, const struct process *process,
                            const struct user_thread *ut, bool is_thread) REQUIRES(&process_lock)
{
    const struct session *session = process->group->session;

    s->pid = process->pid;
    s->tid = ut ? ut->tid : process->pid;
    s->ppid = process->parent ? process->parent->pid : 0;
    s->pgid = process->group->pgid;
    s->sid = session->sid;
    s->tty_nr = tty_session_devno(session);
    s->tpgid = tty_session_foreground(session);
    s->state = is_thread && ut ? user_thread_state_letter(ut) : process_state_letter(process);
    memcpy(s->name, is_thread && ut && ut->name[0] != '\0' ? ut->name : process->name,
           sizeof(s->name));
    s->cred = is_thread && ut ? ut->credentials->cred : process->credentials->cred;
    s->has_no_new_privs = READ_ONCE(process->no_new_privs);
    s->nr_threads = process->nr_threads;
    s->nr_queued = READ_ONCE(process->credentials->account->nr_signals);
    s->nr_queued_max = process->limits[RLIMIT_SIGPENDING].cur;
    s->nice = process->nice;
    s->exit_signal = process->exit_signal;
    s->exit_status = process->exit_status;
    s->child_utime_ns = process->child_utime_ns;
    s->child_stime_ns = process->child_stime_ns;
    s->start_ns = process->start_ns;
    s->nr_minor = process->nr_minor_faults;
    s->nr_major = process->nr_major_faults;
    s->nr_child_minor = process->nr_child_minor_faults;
    if (ut) {
        s->cpu = ut->thread.cpu;
        s->nr_preempted = ut->thread.nr_preempted;
        s->affinity = ut->thread.affinity;
        if (is_thread) {
            s->utime_ns = thread_user_ns(&ut->thread);
            s->stime_ns = thread_run_ns(&ut->thread) - s->utime_ns;
        }
    }
    if (process->files)
        s->nr_fd_slots = UNLOCKED(READ_ONCE(process->files->nr_slots), "a figure, that may grow");
    snapshot_signals(s, process, ut);
}

static void snapshot_space(struct snapshot *s, struct process *process)
{
    struct vspace *vs = process_vspace_get(process);

    if (!vs)
        return;
    mutex_lock(&vs->lock);
    s->nr_bytes = vs->nr_bytes;
    s->nr_resident = vs->nr_resident;
    s->nr_resident_peak = vs->nr_resident_peak;
    s->nr_table_pages = vspace_nr_tables(vs);
    s->code_start = vs->code_start;
    s->code_end = vs->code_end;
    s->data_start = vs->data_start;
    s->data_end = vs->data_end;
    s->brk_start = vs->brk_start;
    s->brk = vs->brk;
    s->stack_top = vs->stack_top;
    s->arg_start = vs->arg_start;
    s->arg_end = vs->arg_end;
    s->env_start = vs->env_start;
    s->env_end = vs->env_end;
    for (struct vma *vma = vspace_find(vs, 0); vma; vma = vspace_next(vma)) {
        uint64_t nr = (vma->end - vma->start) >> PAGE_SHIFT;

        if ((vma->flags & VMA_STACK) != 0)
            s->nr_stack += nr;
        else if ((vma->flags & VMA_EXEC) != 0)
            s->nr_code += nr;
        else if ((vma->flags & VMA_WRITE) != 0)
            s->nr_data += nr;
    }
    mutex_unlock(&vs->lock);
    vspace_put(vs);
}

/* -ESRCH: gone. */
static int snapshot(const struct pseudo_object *object, struct snapshot *s)
{
    /* task/TID shows one thread, /proc/PID the whole process. */
    bool is_thread = key_tid(object->key) != key_pid(object->key) || object->sub == SUB_THREAD;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process = process_find(key_pid(object->key));
    struct user_thread *ut = process ? object_thread(object) : NULL;
    int ret = !process || (is_thread && !ut) ? -ESRCH : 0;

    memset(s, 0, sizeof(*s));
    if (ret == 0) {
        process_get(process);
        snapshot_locked(s, process, ut, is_thread);
    }
    spin_unlock_irqrestore(&process_lock, flags);
    if (ret != 0)
        return ret;
    if (!is_thread)
        process_times(process, &s->utime_ns, &s->stime_ns);
    snapshot_space(s, process);
    struct fs_context *fs = process_fs_get(process);

    if (fs) {
        s->umask = fs->umask;
        fs_context_put(fs);
    }
    process_put(process);
    return 0;
}

/* On the heap: a snapshot is large for a kernel stack. */
static int with_snapshot(struct seq *seq, const struct pseudo_object *object,
                         void (*print)(struct seq *seq, const struct snapshot *s))
{
    struct snapshot *s = heap_alloc(sizeof(*s));
    int ret = s ? snapshot(object, s) : -ENOMEM;

    if (ret == 0)
        print(seq, s);
    heap_free(s);
    return ret;
}

/* ---- the files ---- */

static uint32_t tty_encode(devno_t dev)
{
    return (DEVNO_MINOR(dev) & 0xff) | DEVNO_MAJOR(dev) << 8 | (DEVNO_MINOR(dev) & ~0xffu) << 12;
}

static void print_stat(struct seq *seq, const struct snapshot *s)
{
    seq_printf(seq, "%d (%s) %c %d %d %d %u %d 0", s->tid, s->name, s->state, s->ppid, s->pgid,
               s->sid, tty_encode(s->tty_nr), s->tpgid);
    seq_printf(seq, " %lu %lu %lu 0", s->nr_minor, s->nr_child_minor, s->nr_major);
    seq_printf(seq, " %lu %lu %lu %lu", (unsigned long)(s->utime_ns / NS_PER_TICK),
               (unsigned long)(s->stime_ns / NS_PER_TICK),
               (unsigned long)(s->child_utime_ns / NS_PER_TICK),
               (unsigned long)(s->child_stime_ns / NS_PER_TICK));
    seq_printf(seq, " %d %d %u 0 %lu", 20 + s->nice, s->nice, s->nr_threads,
               (unsigned long)(s->start_ns / NS_PER_TICK));
    seq_printf(seq, " %lu %lu 18446744073709551615 %lu %lu %lu 0 0", s->nr_bytes, s->nr_resident,
               s->code_start, s->code_end, s->stack_top);
    /* Linux shows the low 31 bits of signal sets here. */
    seq_printf(seq, " %lu %lu %lu %lu", s->pending & 0x7fffffff, s->blocked & 0x7fffffff,
               s->ignored & 0x7fffffff, s->caught & 0x7fffffff);
    seq_printf(seq, " 0 0 0 %d %d 0 0 0 0 0", s->exit_signal == 0 ? SIGCHLD : s->exit_signal,
               s->cpu);
    seq_printf(seq, " %lu %lu %lu %lu %lu %lu %lu %d\n", s->data_start, s->data_end, s->brk_start,
               s->arg_start, s->arg_end, s->env_start, s->env_end, s->exit_status);
}

int show_pid_stat(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_stat);
}

static void print_statm(struct seq *seq, const struct snapshot *s)
{
    seq_printf(seq, "%lu %lu 0 %lu 0 %lu 0\n", s->nr_bytes >> PAGE_SHIFT, s->nr_resident,
               s->nr_code, s->nr_data + s->nr_stack);
}

int show_statm(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_statm);
}

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "R (running)";
    case 'S':
        return "S (sleeping)";
    case 'D':
        return "D (disk sleep)";
    case 'T':
        return "T (stopped)";
    case 'Z':
        return "Z (zombie)";
    default:
        return "X (dead)";
    }
}

static void print_memory_status(struct seq *seq, const struct snapshot *s)
{
    static const unsigned kib = PAGE_SHIFT - 10;

    if (s->nr_bytes == 0)
        return;
    seq_printf(seq, "VmSize:\t%8lu kB\n", s->nr_bytes >> 10);
    seq_printf(seq, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n", s->nr_resident_peak << kib,
               s->nr_resident << kib);
    seq_printf(seq, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n", s->nr_data << kib,
               s->nr_stack << kib, s->nr_code << kib);
    seq_printf(seq, "VmPTE:\t%8lu kB\nVmSwap:\t%8u kB\n", s->nr_table_pages << kib, 0);
}

static void print_status(struct seq *seq, const struct snapshot *s)
{
    const struct cred *c = &s->cred;

    seq_printf(seq,
               "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n",
               s->name, s->umask, state_name(s->state), s->pid, s->tid, s->ppid);
    seq_printf(seq, "TracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid,
               c->suid, c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
    seq_printf(seq, "FDSize:\t%lu\nGroups:\t", (unsigned long)s->nr_fd_slots);
    for (uint32_t i = 0; i < c->nr_groups; i++)
        seq_printf(seq, "%u ", c->groups[i]);
    seq_printf(seq, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", s->pid, s->tid, s->pgid,
               s->sid);
    print_memory_status(seq, s);
    seq_printf(seq, "Threads:\t%u\nSigQ:\t%u/%lu\n", s->nr_threads, s->nr_queued, s->nr_queued_max);
    seq_printf(
        seq,
        "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
        s->pending, s->shared_pending, s->blocked, s->ignored, s->caught);
    seq_printf(
        seq,
        "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
        c->cap_inheritable, c->cap_permitted, c->cap_effective, c->cap_bounding, c->cap_ambient);
    seq_printf(seq, "NoNewPrivs:\t%d\nSeccomp:\t0\nCpus_allowed:\t%lx\n", s->has_no_new_privs,
               s->affinity);
    seq_printf(seq, "nonvoluntary_ctxt_switches:\t%lu\n", s->nr_preempted);
}

int show_status(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_status);
}

static void print_comm(struct seq *seq, const struct snapshot *s)
{
    seq_printf(seq, "%s\n", s->name);
}

int show_comm(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_comm);
}
