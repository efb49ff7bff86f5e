/*
 * The calls of fail_calls.c: each brought about, undone after a success, looked after on failure.
 * One file: it is a table of all calls, with what each needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail_calls.h"

static char folder[64], path[3][128];

/* --- calls ------------------------------------------------------------------------------------ */

static int fds[2], spare[2];
static char *area;            /* 64 pages, private and anonymous */
static int file, epoll, maps; /* open for the cases that need one */
static char buffer[4 * PAGE];
static struct iovec vector[100];
static struct pollfd polls[100];
static uint32_t word;
static struct timespec brief = {0, 1000};
static sigset_t queued;
static union {
    siginfo_t info;
    char bytes[128];
} queue_info;

static bool close_result(long result)
{
    return close((int)result) == 0;
}

static bool is_zero(long result)
{
    return result == 0;
}

static bool is_positive(long result)
{
    return result > 0;
}

static void pipe_prepare(struct call *c)
{
    *c = (struct call){SYS_pipe2, {(long)fds}};
}

static bool pipe_undo(long result)
{
    return result == 0 && close(fds[0]) == 0 && close(fds[1]) == 0;
}

static void open_prepare(struct call *c)
{
    *c = (struct call){SYS_openat, {AT_FDCWD, (long)path[0], O_RDWR}};
}

static void create_prepare(struct call *c)
{
    *c = (struct call){SYS_openat, {AT_FDCWD, (long)path[1], O_RDWR | O_CREAT | O_EXCL, 0644}};
}

static bool create_undo(long result)
{
    return close((int)result) == 0 && unlink(path[1]) == 0;
}

/* A file that was made although the descriptor could not be is what Linux leaves behind, too. */
static bool create_is_intact(void)
{
    unlink(path[1]);
    return true;
}

static bool is_unmade(void)
{
    return access(path[1], F_OK) != 0 && errno == ENOENT;
}

static void mkdir_prepare(struct call *c)
{
    *c = (struct call){SYS_mkdirat, {AT_FDCWD, (long)path[1], 0755}};
}

static bool mkdir_undo(long result)
{
    return result == 0 && rmdir(path[1]) == 0;
}

static bool unlink_undo(long result)
{
    return result == 0 && unlink(path[1]) == 0;
}

static void symlink_prepare(struct call *c)
{
    *c = (struct call){SYS_symlinkat, {(long)path[0], AT_FDCWD, (long)path[1]}};
}

static void link_prepare(struct call *c)
{
    *c = (struct call){SYS_linkat, {AT_FDCWD, (long)path[0], AT_FDCWD, (long)path[1]}};
}

static void rename_prepare(struct call *c)
{
    *c = (struct call){SYS_renameat2, {AT_FDCWD, (long)path[0], AT_FDCWD, (long)path[1]}};
}

static bool rename_undo(long result)
{
    return result == 0 && rename(path[1], path[0]) == 0;
}

static bool rename_is_intact(void)
{
    return access(path[0], F_OK) == 0 && is_unmade();
}

static void write_prepare(struct call *c)
{
    *c = (struct call){SYS_pwrite64, {file, (long)buffer, sizeof(buffer), 0}};
}

/* Some pages may have been written before the one for which there was no memory. */
static bool write_undo(long result)
{
    return result > 0 && ftruncate(file, 0) == 0;
}

static bool write_is_intact(void)
{
    return ftruncate(file, 0) == 0;
}

static void getdents_prepare(struct call *c)
{
    lseek(file, 0, SEEK_SET);
    *c = (struct call){SYS_newfstatat, {AT_FDCWD, (long)path[2], (long)buffer, 0}};
}

static void exec_missing_prepare(struct call *c)
{
    *c = (struct call){SYS_execve, {(long)path[2], 0, 0}};
}

static void mmap_prepare(struct call *c)
{
    *c = (struct call){SYS_mmap,
                       {0, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}};
}

static void populate_prepare(struct call *c)
{
    mmap_prepare(c);
    c->args[3] |= MAP_POPULATE;
}

static bool mmap_undo(long result)
{
    return munmap((void *)result, 64 * PAGE) == 0;
}

static void mmap_file_prepare(struct call *c)
{
    *c = (struct call){SYS_mmap, {0, 64 * PAGE, PROT_READ, MAP_SHARED, file, 0}};
}

static void mmap_shared_prepare(struct call *c)
{
    mmap_prepare(c);
    c->args[3] = MAP_SHARED | MAP_ANONYMOUS;
}

static void mprotect_prepare(struct call *c)
{
    *c = (struct call){SYS_mprotect, {(long)area + 8 * PAGE, 8 * PAGE, PROT_READ}};
}

static bool area_undo(long result)
{
    return result == 0 && mprotect(area, 64 * PAGE, PROT_READ | PROT_WRITE) == 0;
}

static bool area_is_intact(void)
{
    for (int i = 0; i < 64; i++)
        area[i * PAGE] = 1;
    return mprotect(area, 64 * PAGE, PROT_READ | PROT_WRITE) == 0;
}

static void munmap_prepare(struct call *c)
{
    *c = (struct call){SYS_munmap, {(long)area + 8 * PAGE, 8 * PAGE}};
}

static bool munmap_undo(long result)
{
    char *again = mmap(area + 8 * PAGE, 8 * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    return result == 0 && again == area + 8 * PAGE && area_is_intact();
}

static void mremap_prepare(struct call *c)
{
    *c = (struct call){SYS_mremap, {(long)area + 8 * PAGE, 8 * PAGE, 32 * PAGE, MREMAP_MAYMOVE}};
}

static bool mremap_undo(long result)
{
    return munmap((void *)result, 32 * PAGE) == 0 && munmap_undo(0);
}

static void futex_prepare(struct call *c)
{
    *c = (struct call){SYS_futex, {(long)&word, FUTEX_WAIT, 0, (long)&brief}};
}

static bool is_timeout(long result)
{
    return result == -ETIMEDOUT;
}

static void epoll_create_prepare(struct call *c)
{
    *c = (struct call){SYS_epoll_create1, {0}};
}

static void epoll_add_prepare(struct call *c)
{
    static struct epoll_event event = {.events = EPOLLIN};

    *c = (struct call){SYS_epoll_ctl, {epoll, EPOLL_CTL_ADD, spare[0], (long)&event}};
}

static bool epoll_undo(long result)
{
    return result == 0 && epoll_ctl(epoll, EPOLL_CTL_DEL, spare[0], NULL) == 0;
}

static void timerfd_prepare(struct call *c)
{
    *c = (struct call){SYS_timerfd_create, {CLOCK_MONOTONIC, 0}};
}

static void eventfd_prepare(struct call *c)
{
    *c = (struct call){SYS_eventfd2, {0, 0}};
}

static void signalfd_prepare(struct call *c)
{
    *c = (struct call){SYS_signalfd4, {-1, (long)&queued, sizeof(uint64_t), 0}};
}

static void pidfd_prepare(struct call *c)
{
    *c = (struct call){SYS_pidfd_open, {getpid(), 0}};
}

static void memfd_prepare(struct call *c)
{
    *c = (struct call){SYS_memfd_create, {(long)"name", 0}};
}

static int timer_id;

static void timer_prepare(struct call *c)
{
    *c = (struct call){SYS_timer_create, {CLOCK_MONOTONIC, 0, (long)&timer_id}};
}

static bool timer_undo(long result)
{
    return result == 0 && syscall(SYS_timer_delete, timer_id) == 0;
}

static void queue_prepare(struct call *c)
{
    queue_info.info.si_code = SI_QUEUE;
    *c = (struct call){SYS_rt_sigqueueinfo, {getpid(), SIGRTMIN, (long)&queue_info}};
}

static bool queue_undo(long result)
{
    return result == 0 && sigtimedwait(&queued, NULL, &brief) == SIGRTMIN;
}

static void pty_prepare(struct call *c)
{
    *c = (struct call){SYS_openat, {AT_FDCWD, (long)"/dev/ptmx", O_RDWR | O_NOCTTY}};
}

static void proc_prepare(struct call *c)
{
    *c = (struct call){SYS_openat, {AT_FDCWD, (long)"/proc/self/task/../maps", O_RDONLY}};
}

static void proc_read_prepare(struct call *c)
{
    *c = (struct call){SYS_pread64, {maps, (long)buffer, sizeof(buffer), 0}};
}

static void poll_prepare(struct call *c)
{
    for (int i = 0; i < 100; i++)
        polls[i] = (struct pollfd){spare[i % 2], POLLIN, 0};
    *c = (struct call){SYS_ppoll, {(long)polls, 100, (long)&brief, 0}};
}

static bool is_not_negative(long result)
{
    return result >= 0;
}

static void readv_prepare(struct call *c)
{
    for (int i = 0; i < 100; i++)
        vector[i] = (struct iovec){buffer, 1};
    *c = (struct call){SYS_preadv, {file, (long)vector, 100, 0, 0}};
}

static void lock_prepare(struct call *c)
{
    static struct flock lock = {.l_type = F_WRLCK};

    *c = (struct call){SYS_fcntl, {file, F_SETLK, (long)&lock}};
}

static bool lock_undo(long result)
{
    struct flock lock = {.l_type = F_UNLCK};

    return result == 0 && fcntl(file, F_SETLK, &lock) == 0;
}

static void mount_prepare(struct call *c)
{
    *c = (struct call){SYS_mount, {(long)"none", (long)path[2], (long)"tmpfs", 0, 0}};
}

static void bind_prepare(struct call *c)
{
    *c = (struct call){SYS_mount, {(long)folder, (long)path[2], 0, MS_BIND, 0}};
}

static void mount_disk_prepare(struct call *c)
{
    *c = (struct call){SYS_mount, {(long)"/dev/vdb", (long)path[2], (long)"vfat", 0, 0}};
}

static bool mount_undo(long result)
{
    return result == 0 && umount(path[2]) == 0;
}

static bool mount_is_intact(void)
{
    return umount(path[2]) != 0 && errno == EINVAL;
}

static void fork_prepare(struct call *c)
{
    *c = (struct call){SYS_clone, {SIGCHLD, 0, 0, 0, 0}, true};
}

static bool fork_undo(long result)
{
    int status;

    return waitpid((pid_t)result, &status, 0) == result && status == 0;
}

static bool fork_is_intact(void)
{
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static uint32_t thread_id;

static void thread_prepare(struct call *c)
{
    static char stack[2 * PAGE] __attribute__((aligned(16)));

    memset(stack, 0, sizeof(stack));
    thread_id = 1;
    *c = (struct call){SYS_clone,
                       {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                            CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
                        (long)(stack + sizeof(stack)), 0, 0, (long)&thread_id},
                       true};
}

static bool thread_undo(long result)
{
    while (__atomic_load_n(&thread_id, __ATOMIC_ACQUIRE) != 0)
        syscall(SYS_futex, &thread_id, FUTEX_WAIT, 1, NULL);
    return result > 0;
}

static void groups_prepare(struct call *c)
{
    *c = (struct call){SYS_setgroups, {3, (long)buffer}};
}

const struct test tests[] = {
    {"pipe", pipe_prepare, pipe_undo, NULL},
    {"open", open_prepare, close_result, NULL},
    {"create", create_prepare, create_undo, create_is_intact},
    {"mkdir", mkdir_prepare, mkdir_undo, is_unmade},
    {"symlink", symlink_prepare, unlink_undo, is_unmade, true},
    {"link", link_prepare, unlink_undo, is_unmade, true},
    {"rename", rename_prepare, rename_undo, rename_is_intact},
    {"write", write_prepare, write_undo, write_is_intact},
    {"stat", getdents_prepare, is_zero, NULL},
    {"exec of a folder", exec_missing_prepare, NULL, NULL},
    {"mmap", mmap_prepare, mmap_undo, NULL},
    {"mmap, populated", populate_prepare, mmap_undo, NULL},
    {"mmap of a file", mmap_file_prepare, mmap_undo, NULL},
    {"mmap, shared", mmap_shared_prepare, mmap_undo, NULL},
    {"mprotect", mprotect_prepare, area_undo, area_is_intact},
    {"munmap", munmap_prepare, munmap_undo, area_is_intact},
    {"mremap", mremap_prepare, mremap_undo, area_is_intact},
    {"futex", futex_prepare, is_timeout, NULL},
    {"epoll_create", epoll_create_prepare, close_result, NULL},
    {"epoll_ctl", epoll_add_prepare, epoll_undo, NULL},
    {"timerfd", timerfd_prepare, close_result, NULL},
    {"eventfd", eventfd_prepare, close_result, NULL},
    {"signalfd", signalfd_prepare, close_result, NULL},
    {"pidfd_open", pidfd_prepare, close_result, NULL},
    {"memfd", memfd_prepare, close_result, NULL},
    {"timer_create", timer_prepare, timer_undo, NULL},
    {"sigqueue", queue_prepare, queue_undo, NULL},
    {"ptmx", pty_prepare, close_result, NULL},
    {"open of maps", proc_prepare, close_result, NULL},
    {"read of maps", proc_read_prepare, is_positive, NULL},
    {"ppoll", poll_prepare, is_not_negative, NULL},
    {"preadv", readv_prepare, is_not_negative, NULL},
    {"lock", lock_prepare, lock_undo, NULL},
    {"mount of a tmpfs", mount_prepare, mount_undo, mount_is_intact},
    {"bind mount", bind_prepare, mount_undo, mount_is_intact},
    {"mount of a disk", mount_disk_prepare, mount_undo, mount_is_intact},
    {"fork", fork_prepare, fork_undo, fork_is_intact},
    {"thread", thread_prepare, thread_undo, NULL},
    {"setgroups", groups_prepare, is_zero, NULL},
    {0},
};

/* --- faults, and exec ------------------------------------------------------------------------- */

/*
 * Out of memory in a fault kills the largest process: this one, which is there for nothing else. It
 * is made anew for each fault.
 */
static pid_t hog;

void child_cases_end(void)
{
    if (hog > 0) {
        kill(hog, SIGKILL);
        waitpid(hog, NULL, 0);
    }
    hog = 0;
}

bool child_cases_begin(void)
{
    size_t size = 2 << 20;
    char byte;

    child_cases_end();
    hog = fork();
    if (hog == 0) {
        memset(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1,
               size);
        (void)!write(spare[1], "", 1);
        for (;;)
            pause();
    }
    return hog > 0 && read(spare[0], &byte, 1) == 1 && ftruncate(file, 0) == 0 &&
           ftruncate(file, FILE_PAGES * PAGE) == 0;
}

static int touch(char *at, bool is_write)
{
    for (int i = 0; i < FILE_PAGES; i++)
        if (is_write)
            at[i * PAGE] = 7;
        else if (*(volatile char *)(at + i * PAGE) != 0)
            return 1;
    return 0;
}

static int fault_anonymous(const char *nth)
{
    char *p =
        mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    fail_from_here(nth);
    return touch(p, true);
}

static int fault_copy(const char *nth)
{
    fail_from_here(nth);
    return touch(area, true);
}

static int fault_file(const char *nth, int flags, bool is_write)
{
    char *p = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);

    fail_from_here(nth);
    return touch(p, is_write);
}

static int fault_file_read(const char *nth)
{
    return fault_file(nth, MAP_PRIVATE, false);
}

static int fault_file_private(const char *nth)
{
    return fault_file(nth, MAP_PRIVATE, true);
}

static int fault_file_shared(const char *nth)
{
    return fault_file(nth, MAP_SHARED, true);
}

/* Until the point of no return exec says ENOMEM; beyond it the process can only be killed. */
static int exec_itself(const char *nth)
{
    static char *argv[] = {"fail_calls", "--succeed", NULL};

    fail_from_here(nth);
    execv("/proc/self/exe", argv);
    return errno == ENOMEM || errno == EAGAIN ? 0 : errno;
}

static int wait_for_ever(void *arg)
{
    for (;;)
        pause();
    return arg != NULL;
}

/* When it fails, the process is as it was: the other thread lives. */
static int exec_with_thread(void *nth)
{
    static char stack[16384] __attribute__((aligned(16)));
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    int thread = clone(wait_for_ever, stack + sizeof(stack), flags, NULL), err;

    if (thread < 0 || dup2(0, 100) != 100)
        _exit(126);
    err = exec_itself(nth);
    _exit(syscall(SYS_tgkill, getpid(), thread, 0) == 0 ? err : 125);
}

/* A process whose descriptors another one shares, this one: exec makes a table for it. */
static int exec_of_sharer(const char *nth)
{
    static char stack[16384] __attribute__((aligned(16)));
    int status = 0;
    pid_t pid = clone(exec_with_thread, stack + sizeof(stack), CLONE_FILES | SIGCHLD, (void *)nth);

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 124;
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}

const struct child_test child_tests[] = {
    {"anonymous faults", fault_anonymous, false},
    {"copies on write", fault_copy, false},
    {"faults of a file", fault_file_read, false},
    {"private file, written", fault_file_private, false},
    {"shared file, written", fault_file_shared, false},
    {"exec", exec_itself, true},
    {"exec of one that shares its descriptors", exec_of_sharer, true},
    {0},
};

/* --- set-up of the cases ---------------------------------------------------------------------- */

bool cases_begin(const char *where)
{
    snprintf(folder, sizeof(folder), "%s", where);
    snprintf(path[0], sizeof(path[0]), "%s/an old file", folder);
    snprintf(path[1], sizeof(path[1]), "%s/a new file", folder);
    snprintf(path[2], sizeof(path[2]), "%s/a folder", folder);
    file = open(path[0], O_CREAT | O_RDWR, 0644);
    mkdir(path[2], 0755);
    maps = open("/proc/self/maps", O_RDONLY);
    epoll = epoll_create1(0);
    area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (file < 0 || maps < 0 || epoll < 0 || area == MAP_FAILED || pipe(spare) != 0)
        return false;
    memset(area, 1, 64 * PAGE);
    memset(buffer, 0, sizeof(buffer));
    memset(&queue_info, 0, sizeof(queue_info));
    sigemptyset(&queued);
    sigaddset(&queued, SIGRTMIN);
    return sigprocmask(SIG_BLOCK, &queued, NULL) == 0;
}
