/*
 * exec that fails: each errno, and that the caller goes on as it was. Whose rights a program has:
 * set-user-id files.
 */
#include "world.h"

#include <faultinject/faultinject.h>
#include <fd/fd.h>
#include <userstack/auxv.h>

#define SECURE() (aux(AT_SECURE) == 1)

/* exec fails by this errno, and nothing of the caller has changed. */
static void refuses(const char *path, int err)
{
    struct vspace *vs = p->vspace;

    registers()->pc = 0x1234;
    assert_int_equal(exec(path, "prog", NULL), err);
    assert_ptr_equal(p->vspace, vs);
    assert_ptr_equal(p->leader->vspace, vs);
    assert_int_equal(registers()->pc, 0x1234);
    assert_string_equal(p->name, "");
    assert_null(p->executable);
    assert_false(p->has_execed);
}

/* --- the file --------------------------------------------------------------------------------- */

static void files_that_are_not_to_be_executed(void **state)
{
    (void)state;
    refuses("/none", -ENOENT);
    refuses("", -ENOENT);
    refuses("/prog/x", -ENOTDIR);
    refuses("/dir", -EACCES);
    file_make("/plain", "x", 1, 0644);
    refuses("/plain", -EACCES); /* not by root, either */
    refuses("/loop", -ELOOP);
    refuses("/noexec/prog", -EACCES);
}

static void who_may_not_execute_it(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    program_write("/mine", 0700);
    program_write("/secret", 0711);
    become(p->leader, &user_1000);
    refuses("/mine", -EACCES);
    assert_int_equal(exec("/secret", "prog", NULL), 0); /* unreadable is no matter */
}

static void what_is_no_program(void **state)
{
    (void)state;
    file_make("/empty", "", 0, 0755);
    refuses("/empty", -ENOEXEC);
    file_make("/text", "echo hello\n", 11, 0755);
    refuses("/text", -ENOEXEC);
    file_make("/line", "#!", 2, 0755);
    refuses("/line", -ENOEXEC);
    program_make(ELF_ET_EXEC, NULL);
    file_make("/short", &file_now, ELF_HEADER_SIZE + 10, 0755);
    refuses("/short", -ENOEXEC);
    file_make("/cut", &file_now, PAGE_SIZE, 0755); /* without its data */
    refuses("/cut", -ENOEXEC);
    file_now.header.machine = 62;
    program_write("/foreign", 0755);
    refuses("/foreign", -ENOEXEC);
}

static void addresses_that_are_none(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    file_now.phdrs[1].vaddr = 0x4000000000ul;
    program_write("/high", 0755);
    refuses("/high", -ENOEXEC);
    program_make(ELF_ET_EXEC, NULL);
    file_now.phdrs[0].vaddr = 0;
    program_write("/null", 0755);
    become(p->leader, &user_1000);
    refuses("/null", -EPERM);
}

static void interpreters_that_are_none(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, "/none");
    program_write("/dynamic", 0755);
    refuses("/dynamic", -ENOENT);
    program_make(ELF_ET_EXEC, "/dir");
    program_write("/dynamic", 0755);
    refuses("/dynamic", -EACCES);
    file_make("/text", "no program at all, but long enough for the head of one: 64 bytes.", 66,
              0755);
    program_make(ELF_ET_EXEC, "/text");
    program_write("/dynamic", 0755);
    refuses("/dynamic", -ELIBBAD);
    script_write("/script", "#!/none");
    refuses("/script", -ENOENT);
    script_write("/script", "#!/dir");
    refuses("/script", -EACCES);
    script_write("/script", "#!/script");
    refuses("/script", -ELOOP);
}

static void by_descriptor(void **state)
{
    struct file *file;
    int fd;

    (void)state;
    assert_int_equal(sys_execveat(5, USER("prog"), 0, 0, 0), -EBADF);
    assert_int_equal(sys_execveat(5, USER(""), 0, 0, AT_EMPTY_PATH), -EBADF);
    assert_int_equal(sys_execveat(AT_FDCWD, USER(""), 0, 0, 0), -ENOENT);
    assert_int_equal(sys_execveat(AT_FDCWD, USER("/prog"), 0, 0, 1), -EINVAL);
    assert_int_equal(vfs_open(&vfs_kernel_context, NULL, "/prog", O_RDONLY, 0, &file), 0);
    fd = fd_install_or_put(file, false);
    assert_int_equal(sys_execveat(fd, USER("x"), 0, 0, 0), -ENOTDIR);
    assert_int_equal(sys_execveat(fd, USER(""), 0, 0, 0), -ENOENT);
    assert_int_equal(sys_execveat(AT_FDCWD, USER("/link"), 0, 0, AT_SYMLINK_NOFOLLOW), -ELOOP);
    assert_int_equal(sys_execveat(AT_FDCWD, USER("/link"), 0, 0, 0), 0);
}

/* --- arguments -------------------------------------------------------------------------------- */

static void bad_pointers(void **state)
{
    uint64_t argv[] = {USER("prog"), BAD_ADDRESS, 0};

    (void)state;
    assert_int_equal(sys_execve(BAD_ADDRESS, 0, 0), -EFAULT);
    assert_int_equal(sys_execve(0, 0, 0), -EFAULT);
    assert_int_equal(sys_execve(USER("/prog"), BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_execve(USER("/prog"), 0, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), -EFAULT);
    assert_int_equal(sys_execve(USER("/prog"), 0, USER(argv)), -EFAULT);
    assert_false(p->has_execed);
}

#define STRING_MAX KIB(128) /* with its end */
#define NR_LONG    17       /* more of them than 2 MiB */

static char longest[STRING_MAX + 1];

static void strings_that_are_too_long(void **state)
{
    uint64_t argv[NR_LONG + 1] = {USER(longest)};

    (void)state;
    memset(longest, 'n', STRING_MAX);
    assert_int_equal(sys_execve(USER(longest), 0, 0), -ENAMETOOLONG);
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), -E2BIG);
    assert_int_equal(sys_execve(USER("/prog"), 0, USER(argv)), -E2BIG);
    longest[STRING_MAX - 1] = '\0';
    for (unsigned i = 0; i < NR_LONG; i++)
        argv[i] = USER(longest);
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), -E2BIG);
    argv[9] = 0;
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), USER(argv)), -E2BIG);
    assert_false(p->has_execed);
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), 0);
    assert_int_equal(argc(), 9);
}

/* A quarter of the stack's limit is for arguments. */
static void a_small_stack(void **state)
{
    uint64_t argv[4] = {USER(longest), USER(longest), 0};

    (void)state;
    memset(longest, 'n', STRING_MAX);
    longest[KIB(100)] = '\0';
    p->limits[RLIMIT_STACK].cur = KIB(512);
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), -E2BIG);
    argv[1] = 0;
    assert_int_equal(sys_execve(USER("/prog"), USER(argv), 0), 0);
}

static void too_little_address_space(void **state)
{
    (void)state;
    p->limits[RLIMIT_AS].cur = KIB(64);
    refuses("/prog", -ENOMEM);
}

/* Whichever allocation fails: the caller goes on, and what was made for the program is gone. */
static void without_memory(void **state)
{
    uint64_t used, nth;
    int64_t ret;

    (void)state;
    assert_int_equal(exec("/dynamic", "prog", NULL), 0); /* the caches are warm now */
    used = heap_used();
    for (nth = 1;; nth++) {
        struct fd_table *shared = p->files;
        struct vspace *vs = p->vspace;

        fd_table_get(shared);
        alloc_fail_task_set(nth);
        ret = exec("/dynamic", "prog", NULL);
        fd_table_put(shared);
        if (alloc_fail_task_left() != 0)
            break;
        alloc_fail_task_set(0);
        assert_false(p->is_exiting);
        if (ret != 0) {
            assert_int_equal(ret, -ENOMEM);
            assert_ptr_equal(p->vspace, vs);
        }
        assert_int_equal(heap_used(), used);
    }
    alloc_fail_task_set(0);
    assert_int_equal(ret, 0);
    assert_true(nth > 10);
}

/* --- set-user-id ------------------------------------------------------------------------------ */

static void a_set_user_id_program_is_its_owners(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    program_write("/su", 04755);
    become(p->leader, &user_1000);
    assert_int_equal(exec("/su", "su", NULL), 0);
    assert_int_equal(cred_current()->uid, 1000);
    assert_int_equal(cred_current()->euid, 0);
    assert_int_equal(cred_current()->suid, 0);
    assert_int_equal(cred_current()->fsuid, 0);
    assert_true(cred_has_cap(cred_current(), CAP_SYS_ADMIN));
    assert_int_equal(aux(AT_UID), 1000);
    assert_int_equal(aux(AT_EUID), 0);
    assert_true(SECURE());
    assert_false(p->is_dumpable);
    assert_int_equal(exec("/prog", "prog", NULL), 0); /* it is root's work now */
    assert_int_equal(cred_current()->euid, 0);
}

static void a_set_group_id_program(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    program_write("/sg", 02755);
    become(p->leader, &user_1000);
    assert_int_equal(exec("/sg", "sg", NULL), 0);
    assert_int_equal(cred_current()->egid, 0);
    assert_int_equal(cred_current()->euid, 1000);
    assert_true(SECURE());
    /* Without the right to execute it for the group, the bit means another thing. */
    program_write("/lock", 02705);
    become(p->leader, &user_1000);
    assert_int_equal(exec("/lock", "lock", NULL), 0);
    assert_int_equal(cred_current()->egid, 100);
    assert_false(SECURE());
    assert_true(p->is_dumpable);
}

static void where_the_bits_mean_nothing(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    program_write("/su", 06755);
    program_write("/nosuid/su", 06755);
    become(p->leader, &user_1000);
    assert_int_equal(exec("/nosuid/su", "su", NULL), 0);
    assert_int_equal(cred_current()->euid, 1000);
    p->no_new_privs = true;
    assert_int_equal(exec("/su", "su", NULL), 0);
    assert_int_equal(cred_current()->euid, 1000);
    assert_int_equal(cred_current()->egid, 100);
    assert_false(cred_has_cap(cred_current(), CAP_SYS_ADMIN));
}

/* A script's bits are nobody's; its interpreter's count. */
static void set_user_id_scripts(void **state)
{
    (void)state;
    file_make("/script", "#!/prog", 7, 04755);
    become(p->leader, &user_1000);
    assert_int_equal(exec("/script", "script", NULL), 0);
    assert_int_equal(cred_current()->euid, 1000);
    assert_false(SECURE());
}

static int set_up_files(void **state)
{
    if (set_up(state) != 0 || vdso_boot() != 0)
        return -1;
    if (vfs_mkdir(&vfs_kernel_context, NULL, "/dir", 0755) != 0 ||
        vfs_mkdir(&vfs_kernel_context, NULL, "/noexec", 0755) != 0 ||
        vfs_mkdir(&vfs_kernel_context, NULL, "/nosuid", 0755) != 0 ||
        vfs_symlink(&vfs_kernel_context, "loop", NULL, "/loop") != 0 ||
        vfs_symlink(&vfs_kernel_context, "prog", NULL, "/link") != 0 ||
        vfs_mount(&vfs_kernel_context, "none", "/noexec", "rootfs", MOUNT_NOEXEC, "") != 0 ||
        vfs_mount(&vfs_kernel_context, "none", "/nosuid", "rootfs", MOUNT_NOSUID, "") != 0)
        return -1;
    program_make(ELF_ET_EXEC, "/pie");
    program_write("/dynamic", 0755);
    program_make(ELF_ET_DYN, NULL);
    program_write("/pie", 0755);
    program_make(ELF_ET_EXEC, NULL);
    program_write("/prog", 0755);
    program_write("/noexec/prog", 0755);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_memory),
        TEST(files_that_are_not_to_be_executed),
        TEST(who_may_not_execute_it),
        TEST(what_is_no_program),
        TEST(addresses_that_are_none),
        TEST(interpreters_that_are_none),
        TEST(by_descriptor),
        TEST(bad_pointers),
        TEST(strings_that_are_too_long),
        TEST(a_small_stack),
        TEST(too_little_address_space),
        TEST(a_set_user_id_program_is_its_owners),
        TEST(a_set_group_id_program),
        TEST(where_the_bits_mean_nothing),
        TEST(set_user_id_scripts),
    };

    return cmocka_run_group_tests(tests, set_up_files, NULL);
}
