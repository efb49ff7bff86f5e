/*
 * What processes need from components that depend on linux/process.
 */
#ifndef PROCESS_UPCALLS_H
#define PROCESS_UPCALLS_H

#include <base/types.h>

struct fd_table;
struct process;
struct user_thread;
struct linux_siginfo;
struct file;
struct path;

/* --- linux/file: descriptor tables ------------------------------------------------------------ */

struct fd_table *fd_table_create(void);                /* empty; NULL: no memory */
struct fd_table *fd_table_fork(struct fd_table *from); /* a copy; NULL: no memory */
void fd_table_get(struct fd_table *table);
void fd_table_put(struct fd_table *table); /* the last one closes all. May sleep */
/*
 * exec, in two steps. While it can still fail: memory for a table of the process's own, if this one
 * is shared. -ENOMEM; *spare (NULL: none is needed) is the caller's to put.
 * When the caller is the only thread: a shared table is replaced by a copy, which takes *spare
 * over, and descriptors with close-on-exec are closed. -ENOMEM: it has grown, or is shared, since.
 */
int fd_table_exec_prepare(struct fd_table *table, struct fd_table **spare) MUST_CHECK;
int fd_table_exec(struct fd_table **spare) MUST_CHECK;
/* The open file behind a descriptor, counted; NULL: none (O_PATH descriptors count as none). */
struct file *fd_table_file(struct fd_table *table, int fd);
/* The path behind a descriptor, counted, for execveat, and whether execve closes the descriptor.
 * -EBADF; -ENOENT: a file without a name. */
int fd_table_path(struct fd_table *table, int fd, struct path *out, bool *is_cloexec) MUST_CHECK;

/* CLONE_PIDFD: reserves a descriptor of the calling process for p, and makes its file. -EMFILE,
 * -ENOMEM. Then p is there and the descriptor too; or not, and it is taken back. */
int pidfd_reserve(struct process *p, struct file **file) MUST_CHECK;
void pidfd_publish(int fd, struct file *file);
void pidfd_withdraw(int fd, struct file *file);
/* The process behind such a descriptor, counted. -EBADF: it is none. */
int pidfd_process(int fd, struct process **out, bool *is_nonblocking) MUST_CHECK;

/* A signal became pending somewhere: who polls a signalfd looks again. Any context. */
void signalfd_notify(void);

/* --- linux/tty -------------------------------------------------------------------------------- */

/* The session leader exits: SIGHUP and SIGCONT to the foreground group, the terminal is given up.
 */
void tty_session_leader_exit(struct process *leader);

/* --- linux/futex ------------------------------------------------------------------------------ */

/* The calling thread leaves (exit) or its memory is replaced (exec): robust list, clear_child_tid.
 */
void futex_thread_exit(struct user_thread *ut);

/* --- linux/time ------------------------------------------------------------------------------- */

/* The process's timers stop: POSIX timers (exec, exit) and, with is_exit, the interval timers. */
void timers_process_exit(struct process *p, bool is_exit);

/* A signal was taken to be delivered: an interval timer that waits for that goes on, and info gets
 * its overruns. REQUIRES(process_lock). */
void timers_signal_taken_locked(struct process *p, struct linux_siginfo *info);

/* RLIMIT_CPU changed, or a process with that limit was born. REQUIRES(process_lock). */
void cpu_timer_restart_locked(struct process *p);
/* A thread of a process whose timer is parked (process.h, struct cpu_timer) comes on a CPU. Any
 * context. */
void cpu_timer_resume(struct process *p);

#endif
