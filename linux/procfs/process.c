/*
 * /proc/PID: what is known of one process or thread.
 */
#include <file/fd_table.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <process/fs_context.h>
#include <process/upcalls.h>
#include <string/string.h>
#include <time/time.h>
#include <tty/tty.h>
#include <vspace/vspace.h>

#include "internal.h"

/* pseudo_object.sub below task/TID, where one thread is meant even if it is the process's first. */
#define SUB_THREAD 1

#define NS_PER_TICK (NS_PER_SEC / LINUX_TICK_HZ)

/* ---- finding processes ---- */

static struct process *process_get_by_pid(pid_t pid)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process = process_find(pid);

    if (process != NULL)
        process_get(process);
    spin_unlock_irqrestore(&process_lock, flags);
    return process;
}

struct process *object_process(const struct pseudo_object *object)
{
    return process_get_by_pid(key_pid(object->key));
}

/* REQUIRES(process_lock): the thread of the object, or NULL. */
static struct user_thread *object_thread(const struct pseudo_object *object)
{
    struct user_thread *ut = user_thread_find(key_tid(object->key));

    return ut != NULL && ut->process->pid == key_pid(object->key) ? ut : NULL;
}

int object_owner(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid)
{
    struct process *process = object_process(object);

    if (process == NULL)
        return -ESRCH;
    *uid = process->credentials.euid;
    *gid = process->credentials.egid;
    process_put(process);
    return 0;
}

int object_may_look(const struct pseudo_object *object)
{
    const struct cred *cred = &process_current()->credentials;
    struct process *process = object_process(object);
    int ret = 0;

    if (process == NULL)
        return -ESRCH;
    if (cred->fsuid != process->credentials.euid && !cred_has_cap(cred, CAP_SYS_PTRACE))
        ret = -EACCES;
    process_put(process);
    return ret;
}

static int parse_pid(const char *name, size_t name_len, pid_t *pid)
{
    uint64_t number;
    const char *end;

    if (!char_is_digit(name[0]) || (name[0] == '0' && name_len > 1) ||
        str_to_u64(name, &end, 10, &number) != 0 || end != name + name_len || number > INT32_MAX)
        return -ENOENT;
    *pid = (pid_t)number;
    return 0;
}

int root_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                struct pseudo_child *out)
{
    struct process *process;
    pid_t pid;
    pid_t tgid;

    (void)dir;
    if (parse_pid(name, name_len, &pid) != 0)
        return -ENOENT;
    /* A thread's number leads to it too, though the directory does not list it. */
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = NULL;

    process = process_find(pid);
    if (process == NULL)
        ut = user_thread_find(pid);
    tgid = process != NULL ? process->pid : ut != NULL ? ut->process->pid : -1;
    spin_unlock_irqrestore(&process_lock, flags);
    if (tgid < 0)
        return -ENOENT;
    out->node = &pid_node;
    out->key = key_of(tgid, pid);
    return 0;
}

int root_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    struct process *process;
    pid_t best = INT32_MAX;

    (void)dir;
    unsigned long flags = spin_lock_irqsave(&process_lock);

    list_for_each_entry(process, &process_all, all_node) {
        if ((uint64_t)process->pid >= *cursor && process->pid < best &&
            process->state != PROCESS_DEAD)
            best = process->pid;
    }
    spin_unlock_irqrestore(&process_lock, flags);
    if (best == INT32_MAX)
        return -ENOENT;
    out->node = &pid_node;
    out->key = key_of(best, best);
    snprintf(out->name, sizeof(out->name), "%d", best);
    *cursor = (uint64_t)best + 1;
    return 0;
}

/* ---- /proc/PID/task ---- */

static const struct pseudo_node tid_node;

static int task_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                       struct pseudo_child *out)
{
    pid_t tid;

    if (parse_pid(name, name_len, &tid) != 0)
        return -ENOENT;
    struct pseudo_object object = {.key = key_of(key_pid(dir->key), tid)};
    unsigned long flags = spin_lock_irqsave(&process_lock);
    bool exists = object_thread(&object) != NULL;

    spin_unlock_irqrestore(&process_lock, flags);
    out->node = &tid_node;
    out->key = object.key;
    out->sub = SUB_THREAD;
    return exists ? 0 : -ENOENT;
}

static int task_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    pid_t best = INT32_MAX;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process = process_find(key_pid(dir->key));
    struct user_thread *ut;

    if (process != NULL) {
        list_for_each_entry(ut, &process->threads, thread_node) {
            if ((uint64_t)ut->tid >= *cursor && ut->tid < best)
                best = ut->tid;
        }
    }
    spin_unlock_irqrestore(&process_lock, flags);
    if (best == INT32_MAX)
        return -ENOENT;
    out->node = &tid_node;
    out->key = key_of(key_pid(dir->key), best);
    out->sub = SUB_THREAD;
    snprintf(out->name, sizeof(out->name), "%d", best);
    *cursor = (uint64_t)best + 1;
    return 0;
}

/* ---- a snapshot: everything that the lock protects, at one moment ---- */

struct snapshot {
    pid_t pid, tid, ppid, pgid, sid;
    uint32_t tty_nr;
    int tpgid;
    char state;
    char name[16];
    struct cred cred;
    uint32_t nr_threads;
    int nice, cpu, exit_signal, exit_status;
    uint64_t utime_ns, stime_ns, child_utime_ns, child_stime_ns, start_ns;
    uint64_t nr_minor, nr_major, nr_child_minor;
    uint64_t nr_preempted;
    sigset64_t pending, shared_pending, blocked, ignored, caught;
    cpumask_t affinity;
    /* Of the address space, zero without one. */
    uint64_t nr_bytes, nr_resident, nr_resident_peak, nr_table_pages;
    uint64_t nr_code, nr_data, nr_stack;
    uint64_t code_start, code_end, data_start, data_end, brk_start, brk;
    uint64_t stack_top, arg_start, arg_end, env_start, env_end;
    uint64_t nr_fd_slots;
    uint32_t umask;
};

static void snapshot_signals(struct snapshot *s, const struct process *process,
                             const struct user_thread *ut)
{
    for (int n = 0; n < NR_SIGNALS; n++) {
        if (process->actions[n].handler == 1)
            s->ignored |= 1ull << n;
        else if (process->actions[n].handler != 0)
            s->caught |= 1ull << n;
    }
    s->shared_pending = process->pending.set;
    if (ut != NULL) {
        s->pending = ut->pending.set;
        s->blocked = ut->blocked;
    }
}

/* REQUIRES(process_lock) */
static void snapshot_locked(struct snapshot *s, const struct process *process,
                            const struct user_thread *ut, bool is_thread)
{
    const struct session *session = process->group->session;

    s->pid = process->pid;
    s->tid = ut != NULL ? ut->tid : process->pid;
    s->ppid = process->parent == NULL ? 0 : process->parent->pid;
    s->pgid = process->group->pgid;
    s->sid = session->sid;
    s->tty_nr = tty_session_devno(session);
    s->tpgid = tty_session_foreground(session);
    s->state =
        is_thread && ut != NULL ? user_thread_state_letter(ut) : process_state_letter(process);
    memcpy(s->name, is_thread && ut != NULL && ut->name[0] != '\0' ? ut->name : process->name,
           sizeof(s->name));
    s->cred = process->credentials;
    s->nr_threads = process->nr_threads;
    s->nice = process->nice;
    s->exit_signal = process->exit_signal;
    s->exit_status = process->exit_status;
    s->child_utime_ns = process->child_utime_ns;
    s->child_stime_ns = process->child_stime_ns;
    s->start_ns = process->start_ns;
    s->nr_minor = process->nr_minor_faults;
    s->nr_major = process->nr_major_faults;
    s->nr_child_minor = process->nr_child_minor_faults;
    if (ut != NULL) {
        s->cpu = ut->thread.cpu;
        s->nr_preempted = ut->thread.nr_preempted;
        s->affinity = ut->thread.affinity;
        if (is_thread) {
            s->utime_ns = thread_user_ns(&ut->thread);
            s->stime_ns = thread_run_ns(&ut->thread) - s->utime_ns;
        }
    }
    snapshot_signals(s, process, ut);
}

static void snapshot_space(struct snapshot *s, struct process *process)
{
    struct vspace *vs = process_vspace_get(process);

    if (vs == NULL)
        return;
    mutex_lock(&vs->lock);
    s->nr_bytes = vs->nr_bytes;
    s->nr_resident = vs->nr_resident;
    s->nr_resident_peak = vs->nr_resident_peak;
    s->nr_table_pages = vs->nr_tables + 1;
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
    for (struct vma *vma = vspace_find(vs, 0); vma != NULL; vma = vspace_next(vma)) {
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
    /* Only below task/TID is one thread meant; /proc/PID is the whole process. */
    bool is_thread = key_tid(object->key) != key_pid(object->key) || object->sub == SUB_THREAD;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process = process_find(key_pid(object->key));
    struct user_thread *ut = process == NULL ? NULL : object_thread(object);
    int ret = process == NULL || (is_thread && ut == NULL) ? -ESRCH : 0;

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
    struct fd_table *files = process_files_get(process);
    struct fs_context *fs = process_fs_get(process);

    if (files != NULL) {
        s->nr_fd_slots = files->nr_slots;
        fd_table_put(files);
    }
    if (fs != NULL) {
        s->umask = fs->umask;
        fs_context_put(fs);
    }
    process_put(process);
    return 0;
}

/* Snapshots are large for a kernel stack. */
static int with_snapshot(struct seq *seq, const struct pseudo_object *object,
                         void (*print)(struct seq *seq, const struct snapshot *s))
{
    struct snapshot *s = heap_alloc(sizeof(*s));
    int ret = s == NULL ? -ENOMEM : snapshot(object, s);

    if (ret == 0)
        print(seq, s);
    heap_free(s);
    return ret;
}

/* ---- stat, statm, status ---- */

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
    /* Signal sets as far as they fit a word of 31 bits, as Linux keeps them here. */
    seq_printf(seq, " %lu %lu %lu %lu", s->pending & 0x7fffffff, s->blocked & 0x7fffffff,
               s->ignored & 0x7fffffff, s->caught & 0x7fffffff);
    seq_printf(seq, " 0 0 0 %d %d 0 0 0 0 0", s->exit_signal == 0 ? SIGCHLD : s->exit_signal,
               s->cpu);
    seq_printf(seq, " %lu %lu %lu %lu %lu %lu %lu %d\n", s->data_start, s->data_end, s->brk_start,
               s->arg_start, s->arg_end, s->env_start, s->env_end, s->exit_status);
}

static int show_pid_stat(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_stat);
}

static void print_statm(struct seq *seq, const struct snapshot *s)
{
    seq_printf(seq, "%lu %lu 0 %lu 0 %lu 0\n", s->nr_bytes >> PAGE_SHIFT, s->nr_resident,
               s->nr_code, s->nr_data + s->nr_stack);
}

static int show_statm(struct seq *seq, const struct pseudo_object *object)
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
    seq_printf(seq, "Threads:\t%u\n", s->nr_threads);
    seq_printf(
        seq,
        "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
        s->pending, s->shared_pending, s->blocked, s->ignored, s->caught);
    seq_printf(
        seq,
        "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
        c->cap_inheritable, c->cap_permitted, c->cap_effective, c->cap_bounding, c->cap_ambient);
    seq_printf(seq, "NoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t%lx\n", s->affinity);
    seq_printf(seq, "nonvoluntary_ctxt_switches:\t%lu\n", s->nr_preempted);
}

static int show_status(struct seq *seq, const struct pseudo_object *object)
{
    return with_snapshot(seq, object, print_status);
}

/* ---- what lies in the process's memory ---- */

enum memory_part { PART_CMDLINE, PART_ENVIRON };

static int show_memory(struct seq *seq, const struct pseudo_object *object, enum memory_part part)
{
    struct process *process = object_process(object);
    struct vspace *vs = process == NULL ? NULL : process_vspace_get(process);
    char *page = NULL;

    if (process == NULL)
        return -ESRCH;
    process_put(process);
    if (vs == NULL)
        return 0; /* a zombie: empty */
    uint64_t at = part == PART_CMDLINE ? vs->arg_start : vs->env_start;
    uint64_t end = part == PART_CMDLINE ? vs->arg_end : vs->env_end;

    page = heap_alloc(PAGE_SIZE);
    while (page != NULL && at < end) {
        ssize_t n = vspace_copy_out(vs, page, at, MIN(end - at, PAGE_SIZE));

        if (n <= 0)
            break;
        seq_write(seq, page, (size_t)n);
        at += (size_t)n;
    }
    vspace_put(vs);
    if (page == NULL)
        return -ENOMEM;
    heap_free(page);
    return 0;
}

static int show_pid_cmdline(struct seq *seq, const struct pseudo_object *object)
{
    return show_memory(seq, object, PART_CMDLINE);
}

static int show_environ(struct seq *seq, const struct pseudo_object *object)
{
    int ret = object_may_look(object);

    return ret != 0 ? ret : show_memory(seq, object, PART_ENVIRON);
}

static int show_auxv(struct seq *seq, const struct pseudo_object *object)
{
    struct process *process = object_process(object);
    int ret = object_may_look(object);

    if (process == NULL || ret != 0) {
        if (process != NULL)
            process_put(process);
        return ret != 0 ? ret : -ESRCH;
    }
    struct vspace *vs = process_vspace_get(process);

    process_put(process);
    if (vs == NULL)
        return 0;
    uint64_t at = vs->auxv;
    uint64_t pair[2] = {1, 0};

    for (int i = 0; i < 64 && at != 0 && pair[0] != 0; i++, at += sizeof(pair)) {
        if (vspace_copy_out(vs, pair, at, sizeof(pair)) != (ssize_t)sizeof(pair))
            break;
        seq_write(seq, pair, sizeof(pair));
    }
    vspace_put(vs);
    return 0;
}

/* ---- small files ---- */

static int show_comm(struct seq *seq, const struct pseudo_object *object)
{
    struct snapshot *s = heap_alloc(sizeof(*s));
    int ret = s == NULL ? -ENOMEM : snapshot(object, s);

    if (ret == 0)
        seq_printf(seq, "%s\n", s->name);
    heap_free(s);
    return ret;
}

static int show_limits(struct seq *seq, const struct pseudo_object *object)
{
    static const struct {
        const char *name;
        const char *unit;
    } names[NR_RLIMITS] = {
        {"Max cpu time", "seconds"},     {"Max file size", "bytes"},
        {"Max data size", "bytes"},      {"Max stack size", "bytes"},
        {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
        {"Max processes", "processes"},  {"Max open files", "files"},
        {"Max locked memory", "bytes"},  {"Max address space", "bytes"},
        {"Max file locks", "locks"},     {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"},  {"Max nice priority", ""},
        {"Max realtime priority", ""},   {"Max realtime timeout", "us"},
    };
    struct process *process = object_process(object);

    if (process == NULL)
        return -ESRCH;
    seq_printf(seq, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (int i = 0; i < NR_RLIMITS; i++) {
        uint64_t values[2] = {process->limits[i].cur, process->limits[i].max};

        seq_printf(seq, "%-25s ", names[i].name);
        for (int k = 0; k < 2; k++) {
            if (values[k] == RLIM_INFINITY)
                seq_printf(seq, "%-20s ", "unlimited");
            else
                seq_printf(seq, "%-20lu ", values[k]);
        }
        seq_printf(seq, "%-10s\n", names[i].unit);
    }
    process_put(process);
    return 0;
}

static int show_wchan(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_putc(seq, '0');
    return 0;
}

static int show_oom(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "0\n");
    return 0;
}

/* ---- links ---- */

/* What a link of the process leads to, with references. */
enum link_kind { LINK_CWD, LINK_ROOT, LINK_EXE };

static int link_path(const struct pseudo_object *object, enum link_kind kind, struct path *out)
{
    struct process *process = object_process(object);
    int ret = object_may_look(object);

    if (process == NULL)
        return -ESRCH;
    if (ret == 0 && kind == LINK_EXE) {
        unsigned long flags = spin_lock_irqsave(&process_lock);
        struct file *file = process->executable;

        ret = file == NULL || file->path.dentry == NULL ? -ENOENT : 0;
        if (ret == 0) {
            *out = file->path;
            path_get(out);
        }
        spin_unlock_irqrestore(&process_lock, flags);
    } else if (ret == 0) {
        struct fs_context *fs = process_fs_get(process);

        ret = fs == NULL ? -ENOENT : 0;
        if (fs != NULL) {
            spin_lock(&fs->lock);
            *out = kind == LINK_CWD ? fs->cwd : fs->root;
            path_get(out);
            spin_unlock(&fs->lock);
            fs_context_put(fs);
        }
    }
    process_put(process);
    return ret;
}

ssize_t path_text(const struct path *path, char *buf, size_t size)
{
    char *work = heap_alloc(PATH_MAX);
    struct vfs_context context;
    bool is_reachable;
    ssize_t len = -ENAMETOOLONG;

    if (work == NULL)
        return -ENOMEM;
    process_vfs_begin(&context);
    const char *text = vfs_path_string(&context.root, path, work, PATH_MAX, &is_reachable);

    process_vfs_end(&context);
    if (text != NULL) {
        static const char deleted[] = " (deleted)";

        len = (ssize_t)MIN(strlen(text), size);
        memcpy(buf, text, (size_t)len);
        if (path->dentry->inode->nlink == 0) {
            size_t n = MIN(sizeof(deleted) - 1, size - (size_t)len);

            memcpy(buf + len, deleted, n);
            len += (ssize_t)n;
        }
    }
    heap_free(work);
    return len;
}

static ssize_t link_text(const struct pseudo_object *object, enum link_kind kind, char *buf,
                         size_t size)
{
    struct path path;
    ssize_t ret = link_path(object, kind, &path);

    if (ret != 0)
        return ret;
    ret = path_text(&path, buf, size);
    path_put(&path);
    return ret;
}

#define LINK_FUNCTIONS(name, kind)                                                                 \
    static ssize_t name##_readlink(const struct pseudo_object *object, char *buf, size_t size)     \
    {                                                                                              \
        return link_text(object, kind, buf, size);                                                 \
    }                                                                                              \
    static int name##_follow(const struct pseudo_object *object, const struct cred *cred,          \
                             struct path *out)                                                     \
    {                                                                                              \
        (void)cred;                                                                                \
        return link_path(object, kind, out);                                                       \
    }
LINK_FUNCTIONS(cwd, LINK_CWD)
LINK_FUNCTIONS(root, LINK_ROOT)
LINK_FUNCTIONS(exe, LINK_EXE)

/* ---- the directories ---- */

#define PID_FILE(name_, mode_, show_)                                                              \
    {                                                                                              \
        .name = (name_), .mode = S_IFREG | (mode_), .show = (show_), .owner = object_owner         \
    }
#define PID_LINK(name_)                                                                            \
    {                                                                                              \
        .name = #name_, .mode = S_IFLNK | 0777, .readlink = name_##_readlink,                      \
        .follow = name_##_follow, .owner = object_owner                                            \
    }

#define COMMON_NODES                                                                               \
    PID_FILE("auxv", 0400, show_auxv), PID_FILE("cmdline", 0444, show_pid_cmdline),                \
        PID_FILE("comm", 0644, show_comm), PID_LINK(cwd), PID_FILE("environ", 0400, show_environ), \
        PID_LINK(exe),                                                                             \
        {.name = "fd",                                                                             \
         .mode = S_IFDIR | 0500,                                                                   \
         .lookup = fd_lookup,                                                                      \
         .iterate = fd_iterate,                                                                    \
         .owner = object_owner},                                                                   \
        {.name = "fdinfo",                                                                         \
         .mode = S_IFDIR | 0500,                                                                   \
         .lookup = fdinfo_lookup,                                                                  \
         .iterate = fdinfo_iterate,                                                                \
         .owner = object_owner},                                                                   \
        PID_FILE("limits", 0444, show_limits), PID_FILE("maps", 0444, show_maps),                  \
        PID_FILE("mountinfo", 0444, show_mountinfo), PID_FILE("mounts", 0444, show_mounts),        \
        PID_FILE("oom_score_adj", 0444, show_oom), PID_LINK(root),                                 \
        PID_FILE("stat", 0444, show_pid_stat), PID_FILE("statm", 0444, show_statm),                \
        PID_FILE("status", 0444, show_status), PID_FILE("wchan", 0444, show_wchan)

static const struct pseudo_node tid_children[] = {COMMON_NODES, {.name = NULL}};
static const struct pseudo_node pid_children[] = {COMMON_NODES,
                                                  {.name = "task",
                                                   .mode = S_IFDIR | 0555,
                                                   .lookup = task_lookup,
                                                   .iterate = task_iterate,
                                                   .owner = object_owner},
                                                  {.name = NULL}};

static const struct pseudo_node tid_node = {
    .mode = S_IFDIR | 0555, .children = tid_children, .owner = object_owner};
const struct pseudo_node pid_node = {
    .mode = S_IFDIR | 0555, .children = pid_children, .owner = object_owner};
