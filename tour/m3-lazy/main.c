/*
 * m3: memory that is not there until it is touched, and not copied until it is written.
 *
 * What is new to m1: user_fault asks the address space to fill the page, and vspace_fork makes a
 * second program that shares all of the first one's pages. The kernel counts.
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

#define CODE       0x10000ul
#define HEAP       0x1000000ul
#define HEAP_SIZE  MIB(64)
#define STACK      0x30000000ul
#define STACK_SIZE MIB(8)

extern const char program_start[], program_again[], program_check[], program_end[];

/* A thread that has a memory of its own. */
struct program {
    struct thread thread;
    struct vspace *vspace;
    uint64_t pc;
    int64_t result;
    unsigned nr_faults;
};

static struct program parent, child;

static struct program *current(void)
{
    return container_of(thread_current(), struct program, thread);
}

/* --- what the way back from user mode calls --------------------------------------------------- */

int64_t user_ecall(struct trap_frame *frame)
{
    if (arch_frame_call(frame) != 93)
        return -ENOSYS;
    current()->result = (int64_t)arch_frame_argument(frame, 0);
    thread_exit();
}

static uint32_t access_of(uint64_t cause)
{
    return cause == TRAP_FETCH_PAGE ? VMA_EXEC : cause == TRAP_STORE_PAGE ? VMA_WRITE : VMA_READ;
}

/* The whole mechanism: the space fills the page, and the instruction is executed once more. */
void user_fault(struct trap_frame *frame)
{
    struct program *p = current();

    p->nr_faults++;
    if (vspace_fault(p->vspace, frame->value, access_of(frame->cause)) == 0)
        return;
    log_err("m3: %s at %#lx, address %#lx", arch_trap_name(frame->cause), (unsigned long)frame->pc,
            (unsigned long)frame->value);
    p->result = -EFAULT;
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

static int map(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t flags)
{
    struct vspace_map_request request = {
        .addr = addr,
        .size = size,
        .flags = VMA_READ | VMA_WRITE | flags,
        .options = VSPACE_FIXED,
        .ops = &vma_anonymous,
    };

    return vspace_map(vs, &request, &addr);
}

/* 72 MiB are promised; only the page of code is filled, because it is copied. */
static int load(struct vspace *vs)
{
    ssize_t size = program_end - program_start;
    int err = map(vs, CODE, PAGE_SIZE, 0);

    if (!err)
        err = map(vs, HEAP, HEAP_SIZE, 0);
    if (!err)
        err = map(vs, STACK - KIB(64), KIB(64), VMA_GROWS_DOWN);
    if (!err && vspace_copy_in(vs, CODE, program_start, (size_t)size) != size)
        err = -EFAULT;
    return err ? err : vspace_protect(vs, CODE, PAGE_SIZE, VMA_READ | VMA_EXEC);
}

static void enter(void *arg)
{
    struct program *p = arg;

    user_frame_init(user_frame(&p->thread.arch), p->pc, STACK);
    user_enter();
}

/* Runs a program from pc to its exit. */
static int run(struct program *p, const char *entry)
{
    struct thread_attr attr = {.ops = &ops};
    int err;

    p->pc = CODE + (uint64_t)(entry - program_start);
    p->nr_faults = 0;
    err = thread_init(&p->thread, enter, p, "program", &attr);
    if (err)
        return err;
    thread_start(&p->thread);
    thread_join(&p->thread);
    return 0;
}

static int demonstrate(char *line, size_t size)
{
    uint64_t promised, touched;
    unsigned nr_copied;
    int err;

    parent.vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    child.vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    if (!parent.vspace || !child.vspace)
        return -ENOMEM;
    err = load(parent.vspace);
    promised = parent.vspace->nr_resident;
    if (!err)
        err = run(&parent, program_start); /* writes 32 pages of the heap, one far down the stack */
    touched = parent.vspace->nr_resident;
    if (!err)
        err = vspace_fork(child.vspace, parent.vspace);
    if (!err)
        err = run(&child, program_again); /* reads the 32 pages, writes 4 of them */
    nr_copied = child.nr_faults;
    if (!err)
        err = run(&parent, program_check); /* the parent's bytes are what they were */
    if (err)
        return err;
    snprintf(
        line, size,
        "m3: %lu page of 72 MiB, %lu after use; a fork shares them, %u were copied, sums %ld %ld\n",
        (unsigned long)promised, (unsigned long)touched, nr_copied, (long)child.result,
        (long)parent.result);
    vspace_put(child.vspace);
    vspace_put(parent.vspace);
    return 0;
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    char line[140];
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
    err = demonstrate(line, sizeof(line));
    if (err)
        snprintf(line, sizeof(line), "m3: error %d\n", err);
    console_write(line, strlen(line));
    power_off();
}
