/*
 * m1: a program in user mode.
 *
 * What is new to the unikernel: an address space (struct vspace) with two VMAs, a thread that
 * crosses to U mode (user_enter), and a way back (user_ecall).
 */
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <console/console.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <log/log.h>
#include <panic/panic.h>
#include <power/power.h>
#include <printf/printf.h>
#include <startup/startup.h>
#include <string/string.h>
#include <thread/thread.h>
#include <user/upcalls.h>
#include <user/user.h>
#include <vspace/vspace.h>

#define CODE  0x10000ul
#define STACK 0x20000ul

extern const char program_start[], program_end[];

/* A thread that has a memory of its own. */
struct program {
    struct thread thread;
    struct vspace *vspace;
    int64_t result;
};

static struct program program;

/* --- what the way back from user mode calls --------------------------------------------------- */

int64_t user_ecall(struct trap_frame *frame)
{
    if (arch_frame_call(frame) != 93)
        return -ENOSYS;
    program.result = (int64_t)arch_frame_argument(frame, 0);
    thread_exit();
}

void user_fault(struct trap_frame *frame)
{
    log_err("m1: %s at %#lx", arch_trap_name(frame->cause), (unsigned long)frame->pc);
    program.result = -EFAULT;
    thread_exit();
}

void user_return(struct trap_frame *frame)
{
    (void)frame;
    thread_preempt_check();
}

void kernel_fault(struct trap_frame *frame)
{
    if (!arch_fixup(frame))
        panic_trap(frame);
}

/* --- the address space ------------------------------------------------------------------------ */

/* The tables follow the thread: loaded before it runs, left for the kernel's own behind it. */
static void switch_in(struct thread *prev, struct thread *next)
{
    (void)prev;
    vspace_activate(container_of(next, struct program, thread)->vspace);
}

static void switch_out(struct thread *prev, struct thread *next)
{
    (void)prev;
    (void)next;
    vspace_activate(NULL);
}

static const struct thread_ops ops = {.switch_in = switch_in, .switch_out = switch_out};

static int map(struct vspace *vs, uint64_t addr)
{
    struct vspace_map_request request = {
        .addr = addr,
        .size = PAGE_SIZE,
        .flags = VMA_READ | VMA_WRITE,
        .options = VSPACE_FIXED | VSPACE_POPULATE,
        .ops = &vma_anonymous,
    };

    return vspace_map(vs, &request, &addr);
}

/* The code's page is written first and executable afterwards, never both. */
static int load(struct vspace *vs)
{
    ssize_t size = program_end - program_start;
    int err = map(vs, CODE);

    if (!err)
        err = map(vs, STACK);
    if (!err && vspace_copy_in(vs, CODE, program_start, (size_t)size) != size)
        err = -EFAULT;
    return err ? err : vspace_protect(vs, CODE, PAGE_SIZE, VMA_READ | VMA_EXEC);
}

static void enter(void *arg)
{
    struct program *p = arg;

    user_frame_init(user_frame(&p->thread.arch), CODE, STACK + PAGE_SIZE);
    user_enter();
}

static int run(void)
{
    struct thread_attr attr = {.ops = &ops};
    int err;

    program.vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    err = program.vspace ? load(program.vspace) : -ENOMEM;
    if (!err)
        err = thread_init(&program.thread, enter, &program, "program", &attr);
    if (err)
        return err;
    thread_start(&program.thread);
    thread_join(&program.thread);
    vspace_put(program.vspace);
    return 0;
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    char line[100];
    int err;

    startup_ground(boot_hart, fdt);
    if (heap_init() != 0)
        startup_refuse("no memory for the heap");
    if (thread_system_init() != 0)
        startup_refuse("no memory for the idle thread");
    driver_probe_all();
    console_start();
    arch_irq_enable();
    vspace_boot();
    err = run();
    if (err)
        snprintf(line, sizeof(line), "m1: error %d\n", err);
    else
        snprintf(line, sizeof(line),
                 "m1: a program added 1 to 8 in user mode and left by ecall with %ld\n",
                 (long)program.result);
    console_write(line, strlen(line));
    power_off();
}
