/*
 * exec that succeeds: what a program finds in memory, on its stack and in its registers; scripts,
 * interpreters, programs by descriptor; what the process keeps and what it loses.
 */
#include "world.h"

#include <exec/exec.h>
#include <fd/fd.h>
#include <userstack/auxv.h>

/* --- memory, stack, registers ----------------------------------------------------------------- */

static void a_program_begins_at_its_entry(void **state)
{
    struct trap_frame *regs = registers();

    (void)state;
    regs->return_address = regs->tls = 7;
    assert_int_equal(exec("/prog", "prog", "x"), 0);
    assert_int_equal(regs->pc, BASE + ENTRY);
    assert_int_equal(regs->sp % 16, 0);
    assert_int_equal(regs->return_address, 0);
    assert_int_equal(regs->tls, 0);
    assert_string_equal(p->name, "prog");
    assert_string_equal(p->leader->name, "prog");
    assert_true(p->has_execed);
}

static void what_lies_on_its_stack(void **state)
{
    uint64_t after_argv;

    (void)state;
    assert_int_equal(exec("/prog", "a name", "x"), 0);
    assert_int_equal(argc(), 2);
    assert_string_equal(arg(0), "a name");
    assert_string_equal(arg(1), "x");
    after_argv = registers()->sp + 8 + 16;
    assert_int_equal(word_at(after_argv), 0);
    assert_string_equal(string_at(after_argv + 8), "HOME=/");
    assert_int_equal(word_at(after_argv + 16), 0);
    assert_int_equal(p->vspace->auxv, after_argv + 24);
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "/prog");
    assert_string_equal(string_at(aux_place(AT_PLATFORM)), "host");
    assert_int_equal(aux(AT_ENTRY), BASE + ENTRY);
    assert_int_equal(aux(AT_PHDR), BASE + ELF_HEADER_SIZE);
    assert_int_equal(aux(AT_PHNUM), NR_PHDRS);
    assert_int_equal(aux(AT_BASE), 0);
    assert_int_equal(aux(AT_SECURE), 0);
    assert_int_equal(aux(AT_SYSINFO_EHDR), p->vspace->vdso);
}

static void no_arguments_are_one_that_is_empty(void **state)
{
    (void)state;
    assert_int_equal(sys_execve(USER("/prog"), 0, 0), 0);
    assert_int_equal(argc(), 1);
    assert_string_equal(arg(0), "");
    assert_int_equal(word_at(registers()->sp + 16), 0);
}

/* On Linux as well, whoever executes the same file has other addresses and bytes. */
static void no_two_starts_are_alike(void **state)
{
    uint64_t sp, bytes;

    (void)state;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    sp = registers()->sp;
    bytes = word_at(aux(AT_RANDOM));
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_not_equal(bytes, word_at(aux(AT_RANDOM)));
    assert_int_not_equal(sp, registers()->sp);
}

static void segments_hold_the_files_bytes_and_zeros(void **state)
{
    uint8_t data[BSS_END - PAGE_SIZE], text[PAGE_SIZE];

    (void)state;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    program_make(ELF_ET_EXEC, NULL);
    read_memory(BASE, text, sizeof(text));
    assert_memory_equal(text, &file_now, sizeof(text));
    read_memory(BASE + PAGE_SIZE, data, sizeof(data));
    assert_memory_equal(data, file_now.data, DATA_SIZE);
    for (size_t i = DATA_SIZE; i < sizeof(data); i++)
        assert_int_equal(data[i], 0);
    assert_int_equal(p->vspace->brk_start % PAGE_SIZE, 0);
    assert_true(p->vspace->brk_start >= BASE + BSS_END);
}

static void segments_have_the_files_rights(void **state)
{
    struct vspace *vs;

    (void)state;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    vs = p->vspace;
    assert_int_equal(vspace_fault(vs, BASE, VMA_EXEC), 0);
    assert_int_equal(vspace_fault(vs, BASE, VMA_WRITE), -EACCES);
    assert_int_equal(vspace_fault(vs, BASE + PAGE_SIZE, VMA_WRITE), 0);
    assert_int_equal(vspace_fault(vs, BASE + PAGE_SIZE, VMA_EXEC), -EACCES);
    assert_int_equal(vspace_fault(vs, registers()->sp, VMA_WRITE), 0);
    assert_int_equal(vspace_fault(vs, registers()->sp, VMA_EXEC), -EACCES);
    assert_int_equal(vspace_fault(vs, BASE + BSS_END, VMA_READ), -EFAULT);
}

static void a_stack_may_be_executable(void **state)
{
    (void)state;
    program_make(ELF_ET_EXEC, NULL);
    file_now.phdrs[2].flags |= ELF_PF_X;
    program_write("/trampolines", 0755);
    assert_int_equal(exec("/trampolines", "prog", NULL), 0);
    assert_int_equal(vspace_fault(p->vspace, registers()->sp, VMA_EXEC), 0);
}

/* What a program writes into its data is its own, and the next one does not find it. */
static void data_is_private(void **state)
{
    (void)state;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(vspace_copy_in(p->vspace, BASE + PAGE_SIZE, "other", 5), 5);
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(word_at(BASE + PAGE_SIZE), 0xa5a5a5a5a5a5a5a5ull);
}

static void position_independent_ones_lie_somewhere(void **state)
{
    uint64_t base;

    (void)state;
    assert_int_equal(exec("/pie", "pie", NULL), 0);
    base = registers()->pc - ENTRY;
    assert_int_equal(base % PAGE_SIZE, 0);
    assert_true(base > GIB(1));
    assert_int_equal(aux(AT_PHDR), base + ELF_HEADER_SIZE);
    assert_int_equal(word_at(base + PAGE_SIZE), 0xa5a5a5a5a5a5a5a5ull);
    assert_true(p->vspace->brk_start >= base + BSS_END);
}

static void an_interpreter_runs_first(void **state)
{
    uint64_t base;

    (void)state;
    program_make(ELF_ET_EXEC, "/pie");
    program_write("/dynamic", 0755);
    assert_int_equal(exec("/dynamic", "dynamic", NULL), 0);
    base = registers()->pc - ENTRY;
    assert_int_equal(aux(AT_BASE), base);
    assert_true(base >= BASE + BSS_END);
    assert_int_equal(aux(AT_ENTRY), BASE + ENTRY);
    assert_int_equal(aux(AT_PHDR), BASE + ELF_HEADER_SIZE);
    assert_int_equal(word_at(base + PAGE_SIZE), 0xa5a5a5a5a5a5a5a5ull);
    assert_string_equal(p->name, "dynamic");
}

/* --- scripts and descriptors ------------------------------------------------------------------ */

static void a_script_is_its_interpreters_argument(void **state)
{
    (void)state;
    script_write("/script", "#! /prog -x y \nrest");
    assert_int_equal(exec("/script", "ignored", "x"), 0);
    assert_int_equal(argc(), 4);
    assert_string_equal(arg(0), "/prog");
    assert_string_equal(arg(1), "-x y");
    assert_string_equal(arg(2), "/script");
    assert_string_equal(arg(3), "x");
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "/script");
    assert_string_equal(p->name, "script");
}

static void scripts_of_scripts(void **state)
{
    (void)state;
    script_write("/s1", "#!/prog");
    script_write("/s2", "#!/s1");
    script_write("/s3", "#!/s2");
    script_write("/s4", "#!/s3");
    script_write("/s5", "#!/s4");
    script_write("/s6", "#!/s5");
    assert_int_equal(exec("/s2", "s2", "x"), 0);
    assert_int_equal(argc(), 4);
    assert_string_equal(arg(0), "/prog");
    assert_string_equal(arg(1), "/s1");
    assert_string_equal(arg(2), "/s2");
    assert_string_equal(arg(3), "x");
    assert_int_equal(exec("/s5", "s5", NULL), 0);
    assert_int_equal(exec("/s6", "s6", NULL), -ELOOP);
}

static int open_at(const char *name, unsigned flags)
{
    struct file *file;

    assert_int_equal(vfs_open(&vfs_kernel_context, NULL, name, flags, 0, &file), 0);
    return fd_install_or_put(file, (flags & O_CLOEXEC) != 0);
}

static void a_name_below_a_descriptor(void **state)
{
    const char *argv[] = {"prog", NULL};
    int dir = open_at("/", O_RDONLY | O_DIRECTORY);

    (void)state;
    assert_int_equal(sys_execveat(dir, USER("prog"), USER(argv), 0, 0), 0);
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "/dev/fd/0/prog");
    assert_string_equal(p->name, "prog");
    assert_int_equal(sys_execveat(99, USER("/prog"), USER(argv), 0, 0), 0);
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "/prog");
    assert_int_equal(sys_execveat(AT_FDCWD, USER("prog"), USER(argv), 0, 0), 0);
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "prog");
}

static void a_descriptor_alone(void **state)
{
    const char *argv[] = {"prog", NULL};
    int fd = open_at("/prog", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(sys_execveat(fd, USER(""), USER(argv), 0, AT_EMPTY_PATH), 0);
    assert_string_equal(string_at(aux_place(AT_EXECFN)), "/dev/fd/0");
    assert_int_equal(fd_table_next(p->files, 0, NULL), -1); /* it closed on exec */
}

/* Its interpreter opens it by its descriptor: that must be there still. */
static void a_script_by_descriptor(void **state)
{
    int fd;

    (void)state;
    script_write("/script", "#!/prog");
    fd = open_at("/script", O_RDONLY | O_CLOEXEC);
    assert_int_equal(sys_execveat(fd, USER(""), 0, 0, AT_EMPTY_PATH), -ENOENT);
    assert_int_equal(fd_table_set_cloexec(p->files, fd, false), 0);
    assert_int_equal(sys_execveat(fd, USER(""), 0, 0, AT_EMPTY_PATH), 0);
    assert_string_equal(arg(0), "/prog");
    assert_string_equal(arg(1), "/dev/fd/0");
}

/* --- what the process keeps and loses --------------------------------------------------------- */

static void signals_over_exec(void **state)
{
    (void)state;
    p->actions[SIGUSR1 - 1] = (struct signal_action){HANDLER, SA_NOCLDWAIT, 5};
    p->actions[SIGUSR2 - 1].handler = SIG_IGN;
    p->leader->altstack_base = 0x1000;
    p->leader->altstack_size = 8192;
    p->leader->altstack_flags = 0;
    signal_set_mask(SIGSET(SIGUSR1));
    signal_send_process_locked(p, SIGUSR1, NULL);
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(p->actions[SIGUSR1 - 1].handler, 0);
    assert_int_equal(p->actions[SIGUSR1 - 1].flags, 0);
    assert_int_equal(p->actions[SIGUSR1 - 1].mask, 0);
    assert_int_equal(p->actions[SIGUSR2 - 1].handler, SIG_IGN);
    assert_int_equal(p->leader->altstack_size, 0);
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1));
    assert_int_equal(signal_pending_set(p->leader), SIGSET(SIGUSR1));
}

static void the_thread_librarys_words_are_forgotten(void **state)
{
    struct user_thread *ut = p->leader;

    (void)state;
    ut->clear_child_tid = ut->set_child_tid = HANDLER;
    ut->robust_list = BAD_ADDRESS;
    p->membarrier_state = 1;
    memset(&ut->fpu, 1, sizeof(ut->fpu));
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(ut->clear_child_tid, 0);
    assert_int_equal(ut->set_child_tid, 0);
    assert_int_equal(ut->robust_list, 0);
    assert_int_equal(p->membarrier_state, 0);
    for (size_t i = 0; i < sizeof(ut->fpu); i++)
        assert_int_equal(((uint8_t *)&ut->fpu)[i], 0);
}

static void descriptors_over_exec(void **state)
{
    struct fd_table *shared = p->files;

    (void)state;
    (void)open_at("/prog", O_RDONLY | O_CLOEXEC);
    (void)open_at("/prog", O_RDONLY);
    fd_table_get(shared);
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_ptr_not_equal(p->files, shared);
    assert_int_equal(fd_table_next(p->files, 0, NULL), 1);
    assert_int_equal(fd_table_next(shared, 0, NULL), 0); /* its other user's stay */
    fd_table_put(shared);
    shared = p->files;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_ptr_equal(p->files, shared);
}

static void nobody_writes_to_a_running_program(void **state)
{
    struct file *file;
    int fd;

    (void)state;
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(vfs_open(&vfs_kernel_context, NULL, "/prog", O_WRONLY, 0, &file), -ETXTBSY);
    assert_int_equal(exec("/pie", "pie", NULL), 0);
    fd = open_at("/prog", O_WRONLY);
    assert_int_equal(exec("/prog", "prog", NULL), -ETXTBSY);
    assert_int_equal(fd_close(fd), 0);
    assert_int_equal(exec("/prog", "prog", NULL), 0);
}

/* A program, its interpreter, a script of it, and what could not be executed, on a file system that
 * can be unmounted afterwards. */
static void nothing_holds_a_program_that_is_over(void **state)
{
    struct vfs_context *c = &vfs_kernel_context;

    (void)state;
    assert_int_equal(vfs_mount(c, "none", "/usr", "rootfs", 0, ""), 0);
    program_make(ELF_ET_DYN, NULL);
    program_write("/usr/ld", 0755);
    program_make(ELF_ET_EXEC, "/usr/ld");
    program_write("/usr/prog", 0755);
    program_make(ELF_ET_EXEC, "/usr/bad");
    program_write("/usr/unlinked", 0755);
    script_write("/usr/script", "#!/usr/prog");
    script_write("/usr/bad", "#!/usr/none");
    assert_int_equal(exec("/usr/bad", "bad", NULL), -ENOENT);
    assert_int_equal(exec("/usr/unlinked", "unlinked", NULL), -ELIBBAD);
    assert_int_equal(exec("/usr/script", "script", NULL), 0);
    assert_int_equal(vfs_unmount(c, "/usr", false), -EBUSY);
    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(vfs_unmount(c, "/usr", false), 0);
}

static void exec_and_exit(void)
{
    pid_t pid = process_current()->pid;

    assert_int_equal(exec("/prog", "prog", NULL), 0);
    assert_int_equal(user_current()->tid, pid);
    assert_int_equal(process_current()->nr_threads, 1);
    assert_string_equal(process_current()->name, "prog");
    sys_exit(7);
}

static void a_second_thread_execs(void)
{
    (void)thread_to(exec_and_exit);
    sleep_long();
}

static void a_thread_that_execs_is_the_process(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(a_second_thread_execs, SIGCHLD), 0), 0x700);
}

static void vfork_is_over_with_exec(void **state)
{
    (void)state;
    body = exec_and_exit;
    assert_true(sys_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) > 0);
    assert_int_equal(p->vspace->refcount, 1);
    assert_string_not_equal(p->name, "prog");
    assert_int_equal(wait_for(-1, 0), 0x700);
}

static void start_like_init(void)
{
    const char *const argv[] = {"/prog", "x", NULL}, *const envp[] = {NULL};

    assert_int_equal(exec_kernel("/none", argv, envp), -ENOENT);
    body = exit_3;
    (void)exec_kernel("/prog", argv, envp);
    fail();
}

static void the_kernel_starts_a_program(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(start_like_init, SIGCHLD), 0), 0x300);
}

static int set_up_programs(void **state)
{
    if (set_up(state) != 0 || vdso_boot() != 0 ||
        vfs_mkdir(&vfs_kernel_context, NULL, "/usr", 0755) != 0)
        return -1;
    program_make(ELF_ET_EXEC, NULL);
    program_write("/prog", 0755);
    program_make(ELF_ET_DYN, NULL);
    program_write("/pie", 0755);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_begins_at_its_entry),
        TEST(what_lies_on_its_stack),
        TEST(no_arguments_are_one_that_is_empty),
        TEST(no_two_starts_are_alike),
        TEST(segments_hold_the_files_bytes_and_zeros),
        TEST(segments_have_the_files_rights),
        TEST(a_stack_may_be_executable),
        TEST(data_is_private),
        TEST(position_independent_ones_lie_somewhere),
        TEST(an_interpreter_runs_first),
        TEST(a_script_is_its_interpreters_argument),
        TEST(scripts_of_scripts),
        TEST(a_name_below_a_descriptor),
        TEST(a_descriptor_alone),
        TEST(a_script_by_descriptor),
        TEST(signals_over_exec),
        TEST(the_thread_librarys_words_are_forgotten),
        TEST(descriptors_over_exec),
        TEST(nobody_writes_to_a_running_program),
        TEST(nothing_holds_a_program_that_is_over),
        TEST(a_thread_that_execs_is_the_process),
        TEST(vfork_is_over_with_exec),
        TEST(the_kernel_starts_a_program),
    };

    return cmocka_run_group_tests(tests, set_up_programs, NULL);
}
