#ifndef PROCFS_INTERNAL_H
#define PROCFS_INTERNAL_H

#include <base/errno.h>
#include <task/task.h>
#include <pseudofs/pseudofs.h>

#define NUMBER_LIMIT (1u << 31) /* of processes, threads and descriptors as names */

#define NS_PER_TICK (NS_PER_SEC / LINUX_TICK_HZ)

/*
 * Objects below /proc/PID and /proc/PID/task/TID: key = pid | tid << 32 (tid = pid for /proc/PID
 * itself); sub = the descriptor below fd and fdinfo, SUB_THREAD below task/TID.
 */
#define SUB_THREAD 1 /* one thread, even if it is the leader */

static inline pid_t key_pid(uint64_t key)
{
    return (pid_t)(key & 0x7fffffff);
}
static inline pid_t key_tid(uint64_t key)
{
    return (pid_t)(key >> 32);
}
static inline uint64_t key_of(pid_t pid, pid_t tid)
{
    return (uint64_t)(uint32_t)pid | (uint64_t)(uint32_t)tid << 32;
}

/* Return the object's process with a reference, or NULL. */
struct process *object_process(const struct pseudo_object *object);
int object_owner(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid);
/* Return the object's thread, or NULL. */
struct user_thread *object_thread(const struct pseudo_object *object) REQUIRES(process_lock);
/* Check that the caller may inspect the process (environ, maps, fd): 0, -ESRCH, -EACCES. */
int object_may_look(const struct pseudo_object *object);

/* Entries of the constant tables; their functions are below. */
#define PROC_FILE(name_, show_)                                                                    \
    {                                                                                              \
        .name = (name_), .mode = S_IFREG | 0444, .show = (show_)                                   \
    }
#define PROC_DIR(name_, children_)                                                                 \
    {                                                                                              \
        .name = (name_), .mode = S_IFDIR | 0555, .children = (children_)                           \
    }

/* ---- process.c, status.c, maps.c, fd.c, links.c: /proc/PID ---- */
extern const struct pseudo_node pid_node;
int root_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                struct pseudo_child *out);
int root_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out);
int show_pid_stat(struct seq *seq, const struct pseudo_object *object);
int show_statm(struct seq *seq, const struct pseudo_object *object);
int show_status(struct seq *seq, const struct pseudo_object *object);
int show_comm(struct seq *seq, const struct pseudo_object *object);
int show_maps(struct seq *seq, const struct pseudo_object *object);
int fd_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
              struct pseudo_child *out);
int fd_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out);
int fdinfo_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                  struct pseudo_child *out);
int fdinfo_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out);
ssize_t path_text(const struct path *path, char *buf, size_t size);
#define PROC_LINK(name)                                                                            \
    ssize_t name##_readlink(const struct pseudo_object *object, char *buf, size_t size);           \
    int name##_follow(const struct pseudo_object *object, const struct cred *cred, struct path *out)
PROC_LINK(cwd);
PROC_LINK(root);
PROC_LINK(exe);

/* ---- mounts.c ---- */
int show_mounts(struct seq *seq, const struct pseudo_object *object);
int show_mountinfo(struct seq *seq, const struct pseudo_object *object);

/* ---- system.c, cpu.c ---- */
int show_meminfo(struct seq *seq, const struct pseudo_object *object);
int show_uptime(struct seq *seq, const struct pseudo_object *object);
int show_version(struct seq *seq, const struct pseudo_object *object);
int show_filesystems(struct seq *seq, const struct pseudo_object *object);
int show_devices(struct seq *seq, const struct pseudo_object *object);
int show_partitions(struct seq *seq, const struct pseudo_object *object);
int show_diskstats(struct seq *seq, const struct pseudo_object *object);
int show_cmdline(struct seq *seq, const struct pseudo_object *object);
int show_vmstat(struct seq *seq, const struct pseudo_object *object);
int show_swaps(struct seq *seq, const struct pseudo_object *object);
int show_slabinfo(struct seq *seq, const struct pseudo_object *object);
int show_buddyinfo(struct seq *seq, const struct pseudo_object *object);
int show_cpuinfo(struct seq *seq, const struct pseudo_object *object);
int show_stat(struct seq *seq, const struct pseudo_object *object);
int show_loadavg(struct seq *seq, const struct pseudo_object *object);
int show_interrupts(struct seq *seq, const struct pseudo_object *object);
uint64_t idle_ns_total(void);
void loadavg_start(void);

/* ---- debug.c ---- */
int show_fail_nth(struct seq *seq, const struct pseudo_object *object);
ssize_t store_fail_nth(const struct pseudo_object *object, const char *text, size_t n);
int show_allocations(struct seq *seq, const struct pseudo_object *object);
ssize_t store_allocations(const struct pseudo_object *object, const char *text, size_t n);
int show_lock_stat(struct seq *seq, const struct pseudo_object *object);
ssize_t store_lock_stat(const struct pseudo_object *object, const char *text, size_t n);

/* ---- sysctl.c ---- */
extern const struct pseudo_node sys_children[];

#endif
