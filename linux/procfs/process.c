/*
 * /proc/PID and /proc/PID/task/TID: the directories and their small files. The larger ones are in
 * status.c, maps.c, fd.c (descriptors) and links.c.
 */
#include <heap/heap.h>
#include <printf/printf.h>
#include <string/string.h>
#include <vspace/vspace.h>

#include "internal.h"

/* ---- finding processes ---- */

static struct process *process_get_by_pid(pid_t pid)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process = process_find(pid);

    if (process)
        process_get(process);
    spin_unlock_irqrestore(&process_lock, flags);
    return process;
}

struct process *object_process(const struct pseudo_object *object)
{
    return process_get_by_pid(key_pid(object->key));
}

struct user_thread *object_thread(const struct pseudo_object *object)
{
    struct user_thread *ut = user_thread_find(key_tid(object->key));

    return ut && ut->process->pid == key_pid(object->key) ? ut : NULL;
}

int object_owner(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    const struct process *process = process_find(key_pid(object->key));

    if (process) {
        *uid = process->credentials->cred.euid;
        *gid = process->credentials->cred.egid;
    }
    spin_unlock_irqrestore(&process_lock, flags);
    return process ? 0 : -ESRCH;
}

int object_may_look(const struct pseudo_object *object)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    const struct process *process = process_find(key_pid(object->key));
    int err = 0;

    if (!process)
        err = -ESRCH;
    else if (!process_may_inspect(process, true))
        err = -EACCES;
    spin_unlock_irqrestore(&process_lock, flags);
    return err;
}

int root_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                struct pseudo_child *out)
{
    struct process *process;
    uint32_t pid;
    pid_t tgid;

    (void)dir;
    if (pseudo_number(name, name_len, NUMBER_LIMIT, &pid) != 0)
        return -ENOENT;
    /* A tid can be looked up too, though the directory does not list it. */
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = NULL;

    process = process_find((pid_t)pid);
    if (!process)
        ut = user_thread_find((pid_t)pid);
    tgid = process ? process->pid : ut ? ut->process->pid : -1;
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

    list_for_each_entry(process, &process_all, all_node)
        if ((uint64_t)process->pid >= *cursor && process->pid < best &&
            process->state != PROCESS_DEAD)
            best = process->pid;
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
    uint32_t tid;

    if (pseudo_number(name, name_len, NUMBER_LIMIT, &tid) != 0)
        return -ENOENT;
    struct pseudo_object object = {.key = key_of(key_pid(dir->key), (pid_t)tid)};
    unsigned long flags = spin_lock_irqsave(&process_lock);
    bool exists = object_thread(&object);

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

    if (process) {
        list_for_each_entry(ut, &process->threads, thread_node)
            if ((uint64_t)ut->tid >= *cursor && ut->tid < best)
                best = ut->tid;
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

/* ---- what lies in the process's memory ---- */

enum memory_part { PART_CMDLINE, PART_ENVIRON };

static int show_memory(struct seq *seq, const struct pseudo_object *object, enum memory_part part)
{
    struct process *process = object_process(object);
    struct vspace *vs = process ? process_vspace_get(process) : NULL;
    char *page = NULL;

    if (!process)
        return -ESRCH;
    process_put(process);
    if (!vs)
        return 0; /* a zombie: empty */
    uint64_t at = part == PART_CMDLINE ? vs->arg_start : vs->env_start;
    uint64_t end = part == PART_CMDLINE ? vs->arg_end : vs->env_end;

    page = heap_alloc(PAGE_SIZE);
    while (page && at < end) {
        ssize_t n = vspace_copy_out(vs, page, at, MIN(end - at, PAGE_SIZE));

        if (n <= 0)
            break;
        seq_write(seq, page, (size_t)n);
        at += (size_t)n;
    }
    vspace_put(vs);
    if (!page)
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

    if (!process || ret != 0) {
        if (process)
            process_put(process);
        return ret != 0 ? ret : -ESRCH;
    }
    struct vspace *vs = process_vspace_get(process);

    process_put(process);
    if (!vs)
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
    struct linux_rlimit limits[NR_RLIMITS];
    unsigned long flags = spin_lock_irqsave(&process_lock);
    const struct process *process = process_find(key_pid(object->key));

    if (process)
        memcpy(limits, process->limits, sizeof(limits));
    spin_unlock_irqrestore(&process_lock, flags);
    if (!process)
        return -ESRCH;
    seq_printf(seq, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (int i = 0; i < NR_RLIMITS; i++) {
        uint64_t values[2] = {limits[i].cur, limits[i].max};

        seq_printf(seq, "%-25s ", names[i].name);
        for (int k = 0; k < 2; k++)
            if (values[k] == RLIM_INFINITY)
                seq_printf(seq, "%-20s ", "unlimited");
            else
                seq_printf(seq, "%-20lu ", values[k]);
        seq_printf(seq, "%-10s\n", names[i].unit);
    }
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
    struct process *process = object_process(object);

    if (!process)
        return -ESRCH;
    seq_printf(seq, "%d\n", UNLOCKED(READ_ONCE(process->oom_score_adj), "one word"));
    process_put(process);
    return 0;
}

/* Lowering the value below the one last set with CAP_SYS_RESOURCE needs that capability:
 * proc(5). */
static int set_oom(struct process *process, int adj)
{
    bool may_lower = cred_has_cap(cred_current(), CAP_SYS_RESOURCE);
    unsigned long flags = spin_lock_irqsave(&process_lock);
    int ret = adj < process->oom_score_adj_min && !may_lower ? -EACCES : 0;

    if (ret == 0) {
        process->oom_score_adj = adj;
        if (may_lower)
            process->oom_score_adj_min = adj;
    }
    spin_unlock_irqrestore(&process_lock, flags);
    return ret;
}

static ssize_t store_oom(const struct pseudo_object *object, const char *text, size_t n)
{
    struct process *process = object_process(object);
    const char *end;
    uint64_t number;
    bool is_negative = text[0] == '-';
    int ret = -EINVAL;

    if (!process)
        return -ESRCH;
    if (str_to_u64(text + is_negative, &end, 10, &number) == 0 &&
        (*end == '\0' || (*end == '\n' && end[1] == '\0')) && number <= OOM_SCORE_ADJ_MAX)
        ret = set_oom(process, is_negative ? -(int)number : (int)number);
    process_put(process);
    return ret != 0 ? ret : (ssize_t)n;
}

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
        {.name = "oom_score_adj",                                                                  \
         .mode = S_IFREG | 0644,                                                                   \
         .show = show_oom,                                                                         \
         .store = store_oom,                                                                       \
         .owner = object_owner},                                                                   \
        PID_LINK(root), PID_FILE("stat", 0444, show_pid_stat),                                     \
        PID_FILE("statm", 0444, show_statm), PID_FILE("status", 0444, show_status),                \
        PID_FILE("wchan", 0444, show_wchan)

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
