/*
 * Processes that run, for host tests of what happens to whole processes: init, and its child p,
 * whose thread the test is. What the other programs do is a function of the test (body), which ends
 * with an exit; they run when the test sleeps.
 *
 * TEST_DEPS: arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf
 * fs/ramfs.
 */
#ifndef LIFECYCLE_TEST_WORLD_H
#define LIFECYCLE_TEST_WORLD_H

#include "../../task/test/processes.h"

#include <abi/syscalls.h>
#include <fdtable/fdtable.h>
#include <fs_context/fs_context.h>
#include <host_user/host_user.h>
#include <lifecycle/lifecycle.h>
#include <pending/pending.h>
#include <ramfs/ramfs.h>
#include <user/user.h>
#include <vspace/vspace.h>

#define WNOHANG    1u
#define WUNTRACED  2u
#define WEXITED    4u
#define WCONTINUED 8u
#define WNOWAIT    0x01000000u
#define WALL       0x40000000u
#define WCLONE     0x80000000u

#define CLONE_VM             0x100ull
#define CLONE_SIGHAND        0x800ull
#define CLONE_PIDFD          0x1000ull
#define CLONE_VFORK          0x4000ull
#define CLONE_PARENT         0x8000ull
#define CLONE_THREAD         0x10000ull
#define CLONE_SETTLS         0x80000ull
#define CLONE_PARENT_SETTID  0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_DETACHED       0x400000ull
#define CLONE_CHILD_SETTID   0x1000000ull
#define CLONE_CLEAR_SIGHAND  0x100000000ull
#define THREAD_FLAGS         0x10f00ull /* memory, directories, descriptors, actions, thread */

#define HANDLER 0x1000

static struct process *init, *p;
static uint64_t used_before;

/* What a program does that runs for the first time. */
static void (*body)(void);

static void program(struct trap_frame *frame)
{
    (void)frame;
    body();
}

static inline uint64_t heap_used(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.used_bytes;
}

static inline int begin(void **state)
{
    struct path root;

    (void)state;
    used_before = heap_used();
    assert_int_equal(vfs_lookup(&vfs_kernel_context, NULL, "/", 0, &root), 0);
    init = make_process(1, NULL, &cred_kernel);
    p = make_process(1000, init, &cred_kernel);
    group_join(p, group_create(1000, session_create(1000)));
    p->vspace = p->leader->vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    p->files = fd_table_create();
    p->fs = fs_context_create(&root);
    path_put(&root);
    act_as(p->leader);
    vspace_activate(p->vspace);
    return 0;
}

/* Nothing is left of the processes that the test has made, whether it waited for them or not. */
static inline int end(void **state)
{
    struct process *other, *next;

    (void)state;
    host_current = first_thread;
    vspace_activate(NULL);
    list_for_each_entry_safe(other, next, &process_all, all_node)
        if (other != p)
            drop_process(other);
    fd_table_put(p->files);
    fs_context_put(p->fs);
    vspace_put(p->vspace);
    if (p->executable)
        file_put(p->executable);
    drop_process(p);
    assert_int_equal(nr_processes, 0);
    assert_int_equal(nr_user_threads, 0);
    assert_int_equal(heap_used(), used_before);
    return 0;
}

/*
 * Until all others sleep or have ended. A program that waits for others so comes before the test:
 * the nearest deadline passes first.
 */
static inline void let_others_run(void)
{
    thread_sleep_ns(user_current() == p->leader ? 1 : 0);
}

/* A child that has run until it ended or slept. */
static inline pid_t fork_to(void (*what)(void), uint64_t flags)
{
    int64_t pid;

    body = what;
    pid = sys_clone(flags, 0, 0, 0, 0);
    assert_true(pid > 0);
    let_others_run();
    return (pid_t)pid;
}

/* The same for a thread of the running process. */
static inline struct user_thread *thread_to(void (*what)(void))
{
    pid_t tid = fork_to(what, THREAD_FLAGS);

    return user_thread_find(tid);
}

static inline void exit_3(void)
{
    sys_exit(3);
}

static inline void die(void)
{
    signal_send_thread(user_current(), SIGTERM, NULL);
    process_checkpoint();
}

/* As a program in a call that sleeps: a signal ends it. */
static inline void sleep_long(void)
{
    while (!signal_is_pending()) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (!signal_is_pending())
            thread_block();
    }
    thread_block_cancel();
    process_checkpoint();
    sys_exit(99);
}

static inline uint32_t wait_for(pid_t pid, uint32_t options)
{
    uint32_t status = 0x55555555;

    assert_true(sys_wait4(pid, USER(&status), options, 0) > 0);
    return status;
}

static inline void kill_and_wait(pid_t pid)
{
    signal_send_process_locked(process_find(pid), SIGKILL, NULL);
    assert_int_equal(wait_for(pid, WALL), SIGKILL);
}

static inline int set_up(void **state)
{
    host_program = program;
    if (world_init(state) != 0 || vfs_init() != 0 || ramfs_init() != 0)
        return -1;
    vspace_boot();
    return vfs_mount_root("rootfs", "rootfs", 0, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
