/*
 * What of a process only some may see: its memory, its files, its directories; and what they see.
 */
#include "proc.h"

#define AT 0x20000000ul

static int setup(void **state)
{
    (void)state;
    return proc_world_init();
}

static void chdir_to(struct process *p, const char *name)
{
    struct path path;

    assert_int_equal(vfs_lookup(CTX, NULL, name, LOOKUP_DIRECTORY, &path), 0);
    spin_lock(&p->fs->lock);
    struct path old = p->fs->cwd;

    p->fs->cwd = path;
    spin_unlock(&p->fs->lock);
    path_put(&old);
}

static void map(struct vspace *vs, vaddr_t addr, unsigned nr_pages, uint32_t flags)
{
    struct vspace_map_request r = {.addr = addr,
                                   .size = nr_pages * PAGE_SIZE,
                                   .flags = flags,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_anonymous};

    assert_int_equal(vspace_map(vs, &r, &addr), 0);
}

/* --- who may look ----------------------------------------------------------------------------- */

static const char *const guarded[] = {"/proc/12/environ", "/proc/12/auxv", "/proc/12/maps"};

static void assert_guarded(int expected)
{
    char buf[64];
    int ret;

    for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
        ret = proc_read(guarded[i]);
        assert_int_equal(MIN(ret, 0), expected);
    }
    ret = proc_readlink("/proc/12/cwd", buf, sizeof(buf));
    assert_int_equal(MIN(ret, 0), expected);
    ret = proc_readlink("/proc/12/root", buf, sizeof(buf));
    assert_int_equal(MIN(ret, 0), expected);
    assert_int_equal(proc_error("/proc/12/fd/9"), expected ? expected : -ENOENT);
    assert_true(proc_read("/proc/12/cmdline") >= 0); /* this is for everybody */
    assert_true(proc_read("/proc/12/status") > 0);
}

static void the_same_user_may_look(void **state)
{
    (void)state;
    program_run(shell);
    assert_guarded(0);
    program_run(child);
    assert_guarded(0);
    program_run(init);
    assert_guarded(0);
}

static void another_user_may_not(void **state)
{
    (void)state;
    program_run(shell);
    program_become_root();
    program_become(1001);
    assert_guarded(-EACCES);
    program_become_root();
    program_become(USER_ID);
    program_run(init);
}

static void child_has(struct cred cred)
{
    struct process *caller = process_current();

    program_run(child);
    assert_int_equal(cred_commit(&cred), 0);
    program_run(caller);
}

/* ptrace(2), "Ptrace access mode checking": all ids must be the caller's, or a program that has put
 * rights away for a while is open to its user. */
static void all_its_ids_count(void **state)
{
    const struct cred user = shell->credentials->cred;
    struct cred cred;

    (void)state;
    program_run(shell);
    for (int i = 0; i < 6; i++) {
        cred = user;
        *(uint32_t *[]){&cred.uid, &cred.euid, &cred.suid, &cred.gid, &cred.egid, &cred.sgid}[i] =
            0;
        child_has(cred);
        assert_int_equal(proc_read("/proc/12/maps"), -EACCES);
        assert_int_equal(proc_error("/proc/12/fd/9"), -EACCES);
    }
    child_has(user);
    assert_guarded(0);
    program_run(init);
}

static void undumpable_and_more_able_programs(void **state)
{
    const struct cred user = shell->credentials->cred;
    struct cred cred = user;

    (void)state;
    program_run(shell);
    child->is_dumpable = false;
    assert_guarded(-EACCES);
    program_run(child);
    assert_guarded(0); /* itself it may see */
    program_run(init);
    assert_guarded(0);
    child->is_dumpable = true;
    cred.cap_permitted = BIT(CAP_SYS_TIME);
    child_has(cred);
    program_run(shell);
    assert_guarded(-EACCES);
    program_run(init);
    child_has(user);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void the_command_line(void **state)
{
    static const char args[] = "prog\0-x\0last";
    struct vspace *vs = child->vspace;

    (void)state;
    expect("/proc/12/cmdline", "");
    map(vs, AT, 3, VMA_READ | VMA_WRITE);
    vs->arg_start = AT + PAGE_SIZE - 6; /* over the end of a page */
    vs->arg_end = vs->arg_start + sizeof(args);
    assert_int_equal(vspace_copy_in(vs, vs->arg_start, args, sizeof(args)), sizeof(args));
    assert_int_equal(proc_read("/proc/12/cmdline"), sizeof(args));
    assert_memory_equal(text, args, sizeof(args));
    vs->arg_start = AT + PAGE_SIZE - 6;
    vs->arg_end = AT + 4 * PAGE_SIZE; /* the last of these is not there */
    assert_int_equal(proc_read("/proc/12/cmdline"), 2 * PAGE_SIZE + 6);
    assert_memory_equal(text, args, sizeof(args));
    vs->arg_start = AT + 10 * PAGE_SIZE;
    vs->arg_end = vs->arg_start + 100;
    expect("/proc/12/cmdline", "");
    vs->arg_start = vs->arg_end = 0;
}

static void the_environment_and_the_vector(void **state)
{
    static const char env[] = "A=1\0B=2";
    static const uint64_t auxv[] = {6, 4096, 9, 0x1234, 0, 0, 77, 77};
    struct vspace *vs = child->vspace;

    (void)state;
    vs->env_start = AT;
    vs->env_end = AT + sizeof(env);
    assert_int_equal(vspace_copy_in(vs, AT, env, sizeof(env)), sizeof(env));
    assert_int_equal(proc_read("/proc/12/environ"), sizeof(env));
    assert_memory_equal(text, env, sizeof(env));
    vs->auxv = AT + 256;
    assert_int_equal(vspace_copy_in(vs, AT + 256, auxv, sizeof(auxv)), sizeof(auxv));
    assert_int_equal(proc_read("/proc/12/auxv"), 48); /* up to AT_NULL */
    assert_memory_equal(text, auxv, 48);
    vs->auxv = vs->env_start = vs->env_end = 0;
}

static void mappings(void **state)
{
    struct vspace *vs = child->vspace;

    (void)state;
    assert_int_equal(vspace_unmap(vs, AT, 3 * PAGE_SIZE), 0);
    map(vs, AT, 1, VMA_READ | VMA_EXEC);
    map(vs, AT + PAGE_SIZE, 2, VMA_READ | VMA_WRITE | VMA_HEAP);
    map(vs, AT + 4 * PAGE_SIZE, 1, 0);
    map(vs, AT + 8 * PAGE_SIZE, 1, VMA_READ | VMA_WRITE | VMA_STACK);
    expect("/proc/12/maps", "20000000-20001000 r-xp 00000000 00:00 0 \n"
                            "20001000-20003000 rw-p 00000000 00:00 0                          "
                            "        [heap]\n"
                            "20004000-20005000 ---p 00000000 00:00 0 \n"
                            "20008000-20009000 rw-p 00000000 00:00 0                          "
                            "        [stack]\n");
    expect("/proc/12/statm", "5 0 0 1 0 3 0\n");
    expect_field("/proc/12/status", "VmSize:\t", "      20 kB");
    expect_field("/proc/12/status", "VmStk:\t", "       4 kB");
    assert_int_equal(vspace_copy_in(vs, AT + PAGE_SIZE, "x", 1), 1);
    expect("/proc/12/statm", "5 1 0 1 0 3 0\n");
    assert_int_equal(vspace_unmap(vs, AT, 9 * PAGE_SIZE), 0);
    expect("/proc/12/maps", "");
}

/* --- directories ------------------------------------------------------------------------------ */

static void where_it_stands(void **state)
{
    struct file *file;
    struct path path;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d/e", 0755), 0);
    chdir_to(child, "/d/e");
    expect_link("/proc/12/cwd", "/d/e");
    expect_link("/proc/12/root", "/");
    assert_true(write_file("/d/e/f", "there", 5) == 5);
    assert_int_equal(read_file("/proc/12/cwd/f", text, 10), 5); /* the link leads to it */
    assert_int_equal(vfs_unlink(CTX, NULL, "/d/e/f"), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/proc/12/cwd", 0, &path), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d/e"), 0);
    expect_link("/proc/12/cwd", "/d/e (deleted)");
    path_put(&path);
    chdir_to(child, "/");
    assert_int_equal(proc_readlink("/proc/12/exe", text, 100), -ENOENT);
    assert_true(write_file("/prog", "x", 1) == 1);
    assert_int_equal(vfs_open(CTX, NULL, "/prog", O_RDONLY, 0, &file), 0);
    child->executable = file;
    expect_link("/proc/12/exe", "/prog");
    assert_int_equal(read_file("/proc/12/exe", text, 10), 1);
    assert_int_equal(vfs_unlink(CTX, NULL, "/prog"), 0);
    expect_link("/proc/12/exe", "/prog (deleted)");
    child->executable = NULL;
    file_put(file);
}

/* A link's text that is longer than the room for it is cut. */
static void a_short_buffer(void **state)
{
    char buf[8];
    struct path path;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/long-name", 0755), 0);
    chdir_to(child, "/long-name");
    assert_int_equal(vfs_lookup(CTX, NULL, "/proc/12/cwd", LOOKUP_NO_FOLLOW, &path), 0);
    memset(buf, '.', sizeof(buf));
    assert_int_equal(vfs_readlink(&path, buf, 6), 6);
    assert_memory_equal(buf, "/long-..", 8);
    path_put(&path);
    assert_int_equal(vfs_lookup(CTX, NULL, "/proc/self", LOOKUP_NO_FOLLOW, &path), 0);
    assert_int_equal(vfs_readlink(&path, buf, 1), 1);
    path_put(&path);
    chdir_to(child, "/");
}

/* --- descriptors ------------------------------------------------------------------------------ */

static int describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return snprintf(buf, size, "thing:[%d]", 7);
}

static const struct file_ops plain_ops = {.is_stream = true};
static const struct file_ops described_ops = {.is_stream = true, .describe = describe};

static void install(struct file *file, int fd)
{
    assert_non_null(file);
    program_run(child);
    assert_int_equal(fd_install(file, fd, false), fd);
    program_run(init);
}

static void close_all(void)
{
    program_run(child);
    for (int fd; (fd = fd_table_next(child->files, 0, NULL)) >= 0;)
        assert_int_equal(fd_close(fd), 0);
    program_run(init);
}

static void names_of_files(void **state)
{
    struct file *file;

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/named", O_RDWR | O_CREAT, 0600, &file), 0);
    install(file, 0);
    install(file_alloc(&plain_ops, O_RDWR), 3);
    install(file_alloc(&described_ops, O_RDWR), 200);
    assert_string_equal(listing("/proc/12/fd"), "0 3 200 ");
    assert_string_equal(listing("/proc/12/fdinfo"), "0 3 200 ");
    expect_link("/proc/12/fd/0", "/named");
    expect_link("/proc/12/fd/3", "anon_inode:[file]");
    expect_link("/proc/12/fd/200", "thing:[7]");
    assert_int_equal(vfs_unlink(CTX, NULL, "/named"), 0);
    expect_link("/proc/12/fd/0", "/named (deleted)");
    assert_int_equal(proc_error("/proc/12/fd/00"), -ENOENT);
    assert_int_equal(proc_error("/proc/12/fd/1"), -ENOENT);
    assert_int_equal(proc_error("/proc/12/fd/-1"), -ENOENT);
    assert_int_equal(proc_error("/proc/12/fd/4294967296"), -ENOENT);
    close_all();
    assert_string_equal(listing("/proc/12/fd"), "");
    assert_int_equal(proc_error("/proc/12/fd/0"), -ENOENT);
}

/* What has a file system's file can be opened by its descriptor, under whatever name or none. */
static void files_are_opened_again(void **state)
{
    struct file *file, *again;

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/again", O_RDWR | O_CREAT, 0600, &file), 0);
    assert_int_equal(file_write(file, "text", 4), 4);
    install(file, 0);
    install(file_alloc(&plain_ops, O_RDWR), 1);
    assert_int_equal(vfs_unlink(CTX, NULL, "/again"), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/proc/12/fd/0", O_RDONLY, 0, &again), 0);
    assert_int_equal(file_read(again, text, 10), 4); /* with a position of its own */
    assert_int_equal(again->nr_refs, 1);
    file_put(again);
    assert_int_equal(file->nr_refs, 1);
    assert_int_equal(vfs_open(CTX, NULL, "/proc/12/fd/1", O_RDONLY, 0, &again), -ENXIO);
    close_all();
}

static void what_fdinfo_tells(void **state)
{
    struct file *file;

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDWR | O_CREAT | O_APPEND, 0600, &file), 0);
    assert_int_equal(file_write(file, "text", 4), 4);
    install(file, 5);
    expect_field("/proc/12/fdinfo/5", "pos:\t", "4");
    expect_field("/proc/12/fdinfo/5", "flags:\t", "02002");
    assert_int_equal(proc_error("/proc/12/fdinfo/6"), -ENOENT);
    assert_int_equal(vfs_open(CTX, NULL, "/proc/12/fdinfo/5", O_RDONLY, 0, &file), 0);
    close_all();
    assert_int_equal(file_read(file, text, 100), -ENOENT);
    file_put(file);
}

static void nobody_is_kept(void **state)
{
    (void)state;
    assert_int_equal(child->refcount, 2);
    assert_int_equal(child->vspace->refcount, 1);
    assert_int_equal(child->fs->refcount, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_user_may_look),
        cmocka_unit_test(another_user_may_not),
        cmocka_unit_test(all_its_ids_count),
        cmocka_unit_test(undumpable_and_more_able_programs),
        cmocka_unit_test(the_command_line),
        cmocka_unit_test(the_environment_and_the_vector),
        cmocka_unit_test(mappings),
        cmocka_unit_test(where_it_stands),
        cmocka_unit_test(a_short_buffer),
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(files_are_opened_again),
        cmocka_unit_test(what_fdinfo_tells),
        cmocka_unit_test(nobody_is_kept),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
