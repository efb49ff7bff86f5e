/*
 * execve(2): finds the file, follows #! lines, builds the new address space, and switches the
 * process to it.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <fd/fd.h>
#include <printf/printf.h>
#include <clock/timers.h>
#include <cred/cred.h>
#include <lifecycle/lifecycle.h>
#include <pending/pending.h>
#include <task/vfs.h>
#include <random/random.h>
#include <signal/signal.h>
#include <machine/machine.h>
#include <user/user.h>
#include <vdso/vdso.h>

#define NR_SCRIPTS_MAX 5 /* Linux's */

struct exec {
    struct vfs_context context;
    struct image image;
    char *path; /* as given, or /dev/fd/N...; AT_EXECFN */
    bool
        is_path_gone; /* reached through a close-on-exec descriptor: no interpreter could open it */
    struct strings argv, envp;
    struct vspace *vs;
    struct loaded loaded;
    struct stack_layout stack;
    struct credentials *credentials; /* counted */
    bool is_secure;
    struct fd_table *files; /* a table for a process that shares its own; NULL: not needed */
};

static void cleanup(struct exec *x)
{
    credentials_put(x->credentials);
    if (x->image.file)
        file_put(x->image.file);
    heap_free(x->path);
    strings_free(&x->argv);
    strings_free(&x->envp);
    heap_free(x->stack.block);
    if (x->vs)
        vspace_put(x->vs);
    if (x->files)
        fd_table_put(x->files);
    process_vfs_end(&x->context);
}

/* --- the file --------------------------------------------------------------------------------- */

static int open_executable(struct exec *x, const struct path *at, const char *path, unsigned flags)
{
    struct path found;
    struct inode *inode;
    int err = vfs_lookup(&x->context, at, path, flags, &found);

    if (err)
        return err;
    inode = found.dentry->inode;
    if (!S_ISREG(inode_mode(inode)))
        err = S_ISLNK(inode_mode(inode)) ? -ELOOP : -EACCES;
    else if (found.mount->flags & MOUNT_NOEXEC)
        err = -EACCES;
    else
        err = inode_permission(inode, x->context.cred, MAY_EXEC);
    if (!err && !(inode_mode(inode) & S_IXUGO))
        err = -EACCES;
    if (!err) /* a program may be executable but unreadable: open it as the kernel */
        err = vfs_open_path(&found, &cred_kernel, O_RDONLY, &x->image.file);
    if (!err) /* -ETXTBSY for writers while a process runs it */
        err = file_deny_write(x->image.file);
    if (!err)
        x->image.size = READ_ONCE(inode->size);
    path_put(&found);
    return err;
}

/* Replace the script by its interpreter; argv becomes interpreter [argument] script args... */
static int become_script(struct exec *x, const char *script_path, const char *head, size_t size,
                         struct script *script)
{
    struct strings argv = {0};
    int err = script_parse(head, size, script);

    if (err)
        return err;
    err = strings_append(&argv, script->interpreter, strlen(script->interpreter));
    if (!err && script->argument[0])
        err = strings_append(&argv, script->argument, strlen(script->argument));
    if (!err)
        err = strings_append(&argv, script_path, strlen(script_path));
    strings_shift(&x->argv);
    for (const char *s = x->argv.data; !err && x->argv.count && s < x->argv.data + x->argv.size;
         s += strlen(s) + 1)
        err = strings_append(&argv, s, strlen(s));
    if (err) {
        strings_free(&argv);
        return err;
    }
    strings_free(&x->argv);
    x->argv = argv;
    file_put(x->image.file);
    x->image.file = NULL;
    return open_executable(x, NULL, script->interpreter, 0);
}

static int resolve_scripts(struct exec *x)
{
    struct script *script = heap_alloc(sizeof(*script));
    char *head = heap_alloc(SCRIPT_LINE_MAX);
    char *script_path = heap_alloc(PATH_MAX);
    int err = script && head && script_path ? 0 : -ENOMEM;
    unsigned depth;

    if (!err)
        strlcpy(script_path, x->path, PATH_MAX);
    for (depth = 0; !err; depth++) {
        ssize_t n = file_pread(x->image.file, head, SCRIPT_LINE_MAX, 0);

        if (n < 0)
            err = (int)n;
        else if (!script_is(head, (size_t)n))
            break;
        else if (x->is_path_gone)
            err = -ENOENT;
        else if (depth == NR_SCRIPTS_MAX)
            err = -ELOOP;
        else
            err = become_script(x, script_path, head, (size_t)n, script);
        if (!err)
            strlcpy(script_path, script->interpreter, PATH_MAX);
    }
    heap_free(script);
    heap_free(head);
    heap_free(script_path);
    return err;
}

/* Apply the set-user-id and set-group-id bits. */
static int choose_credentials(struct exec *x)
{
    const struct process *p = process_current();
    const struct cred *now = cred_current();
    const struct file *file = x->image.file;
    struct cred cred = *now;

    if (!p->no_new_privs && !(file_path(file)->mount->flags & MOUNT_NOSUID)) {
        struct inode *inode = file_inode(file);

        /* Read mode and owner together: chown clears the set-id bits, so the bits of one owner must
         * not be combined with another owner's id. */
        mutex_lock(&inode->lock);
        if (inode->mode & S_ISUID)
            cred.euid = inode->uid;
        if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
            cred.egid = inode->gid;
        mutex_unlock(&inode->lock);
    }
    x->is_secure = cred_exec(&cred, now, p->no_new_privs);
    if (memcmp(&cred, now, sizeof(cred)) == 0) {
        x->credentials = user_current()->credentials;
        credentials_get(x->credentials);
    } else {
        x->credentials = credentials_create(&cred);
    }
    return x->credentials ? 0 : -ENOMEM;
}

/* --- the new space ---------------------------------------------------------------------------- */

static int build_stack(struct exec *x, uint64_t limit)
{
    const struct cred *cred = &x->credentials->cred;
    uint64_t top = STACK_TOP - random_below(1 << 11) * PAGE_SIZE;
    struct startup startup = {
        .argv = &x->argv,
        .envp = &x->envp,
        .path = x->path,
        .loaded = &x->loaded,
        .uid = cred->uid,
        .euid = cred->euid,
        .gid = cred->gid,
        .egid = cred->egid,
        .is_secure = x->is_secure,
        .platform = MACHINE_NAME,
    };
    struct vspace_map_request r = {
        .flags = VMA_READ | VMA_WRITE | VMA_GROWS_DOWN | VMA_STACK |
                 (x->loaded.is_stack_exec ? VMA_EXEC : 0),
        .options = VSPACE_FIXED | VSPACE_NO_REPLACE,
        .ops = &vma_anonymous,
    };
    uint8_t random[16];
    uint64_t addr;
    ssize_t n;
    int err = vdso_map(x->vs, top); /* next to the stack, so that one page table serves both */

    if (err)
        return err;
    random_bytes(random, sizeof(random));
    startup.vdso = x->vs->vdso;
    err = stack_build(&startup, top, random, machine_hwcap(), &x->stack);
    if (err)
        return err;
    if (x->stack.size > limit / 4 && x->stack.size > KIB(128))
        return -E2BIG;
    r.size = ALIGN_UP(x->stack.size, PAGE_SIZE) + KIB(128);
    r.addr = top - r.size;
    err = vspace_map(x->vs, &r, &addr);
    if (err)
        return err;
    n = vspace_copy_in(x->vs, x->stack.sp, x->stack.block, x->stack.size);
    if (n != (ssize_t)x->stack.size)
        return n < 0 ? (int)n : -ENOMEM;
    x->vs->stack_top = top;
    x->vs->arg_start = x->stack.arg_start;
    x->vs->arg_end = x->stack.arg_end;
    x->vs->env_start = x->stack.env_start;
    x->vs->env_end = x->stack.env_end;
    x->vs->auxv = x->stack.auxv;
    return 0;
}

static int build_space(struct exec *x)
{
    uint64_t stack_limit = limit_current(RLIMIT_STACK);
    uint64_t gap;
    int err;

    x->vs = vspace_create(VSPACE_STAGE1, USER_BASE, USER_LIMIT);
    if (!x->vs)
        return -ENOMEM;
    x->vs->place_base = MMAP_MIN_ADDR;
    gap = MIN(MAX(stack_limit, MIB(128)), USER_LIMIT / 6 * 5 / 4);
    x->vs->mmap_top =
        STACK_TOP - MIB(16) - ALIGN_DOWN(gap, PAGE_SIZE) - random_below(1 << 16) * PAGE_SIZE;
    x->vs->limits.nr_bytes = limit_current(RLIMIT_AS);
    x->vs->limits.stack_bytes = stack_limit;
    err = load_program(x->vs, &x->image, &x->context, &x->loaded);
    if (!err)
        err = build_stack(x, stack_limit);
    if (err)
        return err;
    x->vs->code_start = x->loaded.code_start;
    x->vs->code_end = x->loaded.code_end;
    x->vs->data_start = x->loaded.data_start;
    x->vs->data_end = x->loaded.data_end;
    x->vs->brk_start = x->loaded.end + random_below(1 << 10) * PAGE_SIZE;
    x->vs->brk = x->vs->brk_start;
    return 0;
}

/* --- the exchange ----------------------------------------------------------------------------- */

static void set_names(struct exec *x)
{
    struct user_thread *ut = user_current();
    const char *slash = strrchr(x->path, '/');

    user_thread_set_name(ut, slash ? slash + 1 : x->path);
}

/*
 * The point of no return: the other threads are gone, and what can fail was prepared before. One
 * failure remains, and it ends the process: -ENOMEM, if another thread opened many files or shared
 * the table at the last moment.
 */
static int become_single(struct exec *x)
{
    int err = process_become_single();

    if (err)
        return err;
    err = fd_exec(&x->files);
    if (err)
        (void)signal_send_thread(user_current(), SIGKILL, NULL);
    return err;
}

static void commit(struct exec *x)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    struct trap_frame *regs = user_frame(&ut->thread.arch);
    struct file *old_executable;
    unsigned long irq;

    timers_process_exit(p, false);
    process_replace_vspace(x->vs);
    x->vs = NULL;
    signal_exec();
    set_names(x);
    cred_replace(x->credentials);
    x->credentials = NULL;
    irq = spin_lock_irqsave(&process_lock);
    WRITE_ONCE(p->is_dumpable, !x->is_secure);
    old_executable = p->executable;
    p->executable = x->image.file;
    x->image.file = NULL;
    p->exit_signal = p->exit_signal ? SIGCHLD : 0;
    spin_unlock_irqrestore(&process_lock, irq);
    if (old_executable)
        file_put(old_executable);
    ut->clear_child_tid = 0;
    ut->robust_list = 0;
    ut->set_child_tid = 0;
    ut->restart.resume = NULL;
    p->membarrier_state = 0;
    memset(&ut->fpu, 0, sizeof(ut->fpu));
    arch_fpu_reload(&ut->thread.arch);
    user_frame_init(regs, x->loaded.start_pc, x->stack.sp);
    user_frame_replaced();
}

static int run(struct exec *x)
{
    int err;

    if (x->argv.count == 0) { /* Linux passes one empty string then */
        err = strings_append(&x->argv, "", 0);
        if (err)
            return err;
    }
    err = resolve_scripts(x);
    if (err)
        return err;
    err = choose_credentials(x);
    if (!err)
        err = build_space(x);
    if (!err)
        err = fd_table_exec_prepare(process_current()->files, &x->files);
    if (!err)
        err = become_single(x);
    if (err)
        return err;
    commit(x);
    return 0;
}

/* --- ways in ---------------------------------------------------------------------------------- */

/* Name a program that was found from a descriptor. */
static int name_by_descriptor(struct exec *x, int fd)
{
    char *name = heap_alloc(PATH_MAX);
    int n;

    if (!name)
        return -ENOMEM;
    n = snprintf(name, PATH_MAX, "/dev/fd/%d%s%s", fd, x->path[0] ? "/" : "", x->path);
    heap_free(x->path);
    x->path = name;
    return n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int exec_user(int dirfd, uint64_t path, uint64_t argv, uint64_t envp, unsigned flags)
{
    struct exec x = {0};
    struct path at = {0};
    unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NO_FOLLOW : 0;
    ssize_t n;
    int err = 0;

    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    process_vfs_begin(&x.context);
    x.path = heap_alloc(PATH_MAX);
    if (!x.path)
        err = -ENOMEM;
    if (!err) {
        n = strncpy_from_user(x.path, path, PATH_MAX);
        err = n < 0 ? (int)n : 0;
    }
    if (!err && x.path[0] == '\0') {
        if (flags & AT_EMPTY_PATH)
            lookup |= LOOKUP_EMPTY_PATH;
        else
            err = -ENOENT;
    }
    if (!err && dirfd != AT_FDCWD && x.path[0] != '/')
        err = fd_path(dirfd, &at, &x.is_path_gone);
    if (!err)
        err = open_executable(&x, at.mount ? &at : NULL, x.path, lookup);
    if (!err && at.mount)
        err = name_by_descriptor(&x, dirfd);
    if (at.mount)
        path_put(&at);
    if (!err)
        err = strings_from_user(&x.argv, argv);
    if (!err)
        err = strings_from_user(&x.envp, envp);
    if (!err && x.argv.size + x.envp.size > STRINGS_MAX)
        err = -E2BIG;
    if (!err)
        err = run(&x);
    cleanup(&x);
    return err;
}

int64_t sys_execve(vaddr_t path, vaddr_t argv, vaddr_t envp)
{
    return exec_user(AT_FDCWD, path, argv, envp, 0);
}

int64_t sys_execveat(int dirfd, vaddr_t path, vaddr_t argv, vaddr_t envp, unsigned flags)
{
    return exec_user(dirfd, path, argv, envp, flags);
}

int exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
    struct exec x = {0};
    int err;

    process_vfs_begin(&x.context);
    x.path = heap_alloc(PATH_MAX);
    err = x.path ? 0 : -ENOMEM;
    if (!err) {
        strlcpy(x.path, path, PATH_MAX);
        err = open_executable(&x, NULL, path, 0);
    }
    if (!err)
        err = strings_from_kernel(&x.argv, argv);
    if (!err)
        err = strings_from_kernel(&x.envp, envp);
    if (!err)
        err = run(&x);
    cleanup(&x);
    if (!err) {
        user_time_starts(user_current());
        user_enter();
    }
    return err;
}
