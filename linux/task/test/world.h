/*
 * A calling program for tests of system calls on the host: memory, a ramfs root, and a process with
 * one thread, which is the running one. The program's memory is the test's own
 * (arch/host-uaccess): a call gets the address of a variable.
 *
 * TEST_DEPS: arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable
 * linux/fs-context linux/task mm/vspace.
 */
#ifndef TASK_TEST_WORLD_H
#define TASK_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fdtable/fdtable.h>
#include <fs_context/fs_context.h>
#include <task/table.h>
#include <vspace/vspace.h>

#include "../../../fs/ramfs/test/world.h"

#define USER(pointer) ((vaddr_t)(uintptr_t)(pointer))
#define BAD_ADDRESS   ((vaddr_t)8) /* nobody's memory */

#define PROGRAM_BASE  0x10000ul
#define PROGRAM_LIMIT ARCH_USER_END

/* linux/clock's, where that is not there: no timer sends signals here. */
__attribute__((weak)) void timers_signal_taken_locked(struct process *p, struct linux_siginfo *info)
{
}

/* A process of root's at "/", with an empty table and space; NULL: no memory. */
static inline struct process *program_create(pid_t pid)
{
    struct process *p = process_alloc();
    struct user_thread *ut = p != NULL ? user_thread_alloc(p, "test") : NULL;

    if (ut == NULL)
        return NULL;
    ASSUME_UNSHARED(&process_lock, "one thread runs");
    p->pid = ut->tid = pid;
    p->leader = ut;
    p->files = fd_table_create();
    p->fs = fs_context_create(&vfs_kernel_context.root);
    p->vspace = ut->vspace = vspace_create(VSPACE_STAGE1, PROGRAM_BASE, PROGRAM_LIMIT);
    ut->credentials = p->credentials = credentials_create(&cred_kernel);
    if (p->files == NULL || p->fs == NULL || p->vspace == NULL || p->credentials == NULL)
        return NULL;
    credentials_get(p->credentials);
    for (size_t i = 0; i < NR_RLIMITS; i++)
        p->limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    p->limits[RLIMIT_NOFILE].cur = 1024;
    process_publish(p);
    user_thread_publish(ut);
    return p;
}

/* From now on the test is this process's thread. */
static inline void program_run(struct process *p)
{
    host_current = &UNLOCKED(p->leader, "one thread runs")->thread.arch;
}

/* The caller is an ordinary user from now on, without capabilities. */
static inline void program_become(uint32_t id)
{
    struct cred cred = {.uid = id, .euid = id, .suid = id, .fsuid = id};

    cred.gid = cred.egid = cred.sgid = cred.fsgid = id;
    assert_int_equal(cred_commit(&cred), 0);
}

static inline void program_become_root(void)
{
    assert_int_equal(cred_commit(&cred_kernel), 0);
}

static inline int program_world_init(void)
{
    struct process *p;

    time_init(NS_PER_SEC); /* a tick is a nanosecond, and time stands unless the test moves it */
    if (world_init() != 0)
        return -1;
    vspace_boot();
    process_boot();
    p = program_create(1);
    if (p == NULL)
        return -1;
    program_run(p);
    return 0;
}

#endif
