/*
 * m2: a program from flash.
 *
 * What is new to m1: the program is an ELF file that lies in a bank of parallel flash, as it came
 * from the linker; no file system, no driver. Its segments are copied to where its program headers
 * say. And it has a second call, write.
 */
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <console/console.h>
#include <driver/driver.h>
#include <elf/elf.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <panic/panic.h>
#include <platform/boot_info.h>
#include <power/power.h>
#include <printf/printf.h>
#include <startup/startup.h>
#include <string/string.h>
#include <thread/thread.h>
#include <user/upcalls.h>
#include <user/user.h>
#include <vspace/vspace.h>

#define BASE       0x10000ul
#define LIMIT      GIB(1)
#define STACK      0x30000000ul
#define CALL_EXIT  93 /* Linux's numbers */
#define CALL_WRITE 64
#define TEXT_MAX   200

/* A thread that has a memory of its own. */
struct program {
    struct thread thread;
    struct vspace *vspace;
    uint64_t entry;
    int64_t result;
};

static struct program program;

/* --- what the way back from user mode calls --------------------------------------------------- */

/* The program's bytes are fetched by way of its tables: a bad pointer is an error, no fault. */
static int64_t write_console(uint64_t addr, uint64_t size)
{
    char text[TEXT_MAX];
    ssize_t n = vspace_copy_out(program.vspace, text, addr, MIN(size, sizeof(text)));

    if (n > 0)
        console_write(text, (size_t)n);
    return n;
}

int64_t user_ecall(struct trap_frame *frame)
{
    switch (arch_frame_call(frame)) {
    case CALL_WRITE:
        return write_console(arch_frame_argument(frame, 1), arch_frame_argument(frame, 2));
    case CALL_EXIT:
        program.result = (int64_t)arch_frame_argument(frame, 0);
        thread_exit();
    default:
        return -ENOSYS;
    }
}

void user_fault(struct trap_frame *frame)
{
    log_err("m2: %s at %#lx", arch_trap_name(frame->cause), (unsigned long)frame->pc);
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

/* --- the image in flash ----------------------------------------------------------------------- */

/* The whole of the last bank, as read-only memory of the kernel's. NULL: there is none. */
static const char *map_flash(uint64_t *size)
{
    struct fdt_node node;
    paddr_t pa;

    if (fdt_find_compatible(&boot_info.fdt, 0, "cfi-flash", &node) != 0)
        return NULL;
    for (int bank = 1; bank >= 0; bank--)
        if (fdt_reg_phys(&boot_info.fdt, &node, (unsigned)bank, &pa, size) == 0)
            return kmap_range(pa, *size, PT_R);
    return NULL;
}

static int map(struct vspace *vs, uint64_t start, uint64_t end, uint32_t rights)
{
    struct vspace_map_request request = {
        .addr = start,
        .size = end - start,
        .flags = rights,
        .options = VSPACE_FIXED | VSPACE_NO_REPLACE | VSPACE_POPULATE,
        .ops = &vma_anonymous,
    };

    return vspace_map(vs, &request, &start);
}

static uint32_t rights_of(const struct elf_segment *s)
{
    return (s->flags & ELF_PF_R ? VMA_READ : 0) | (s->flags & ELF_PF_W ? VMA_WRITE : 0) |
           (s->flags & ELF_PF_X ? VMA_EXEC : 0);
}

/* Written first, then given the rights it asks for. */
static int load_segment(struct vspace *vs, const char *image, const struct elf_segment *s)
{
    uint64_t start = ALIGN_DOWN(s->vaddr, PAGE_SIZE);
    uint64_t end = ALIGN_UP(s->vaddr + s->mem_size, PAGE_SIZE);
    int err = map(vs, start, end, VMA_READ | VMA_WRITE);

    if (err)
        return err;
    if (vspace_copy_in(vs, s->vaddr, image + s->offset, s->file_size) != (ssize_t)s->file_size)
        return -EFAULT;
    return vspace_protect(vs, start, end - start, rights_of(s));
}

static int load(struct vspace *vs)
{
    struct elf_header header;
    uint64_t size;
    const char *image = map_flash(&size);
    int err = image ? elf_read_header(&header, image, ELF_HEADER_SIZE, size) : -ENODEV;

    for (unsigned i = 0; !err && i < header.nr_phdrs; i++) {
        struct elf_segment s;

        err = elf_read_segment(&header, image + header.phdrs_offset, i, &s);
        if (!err && s.type == ELF_PT_LOAD && s.mem_size)
            err = load_segment(vs, image, &s);
    }
    program.entry = header.entry;
    return err ? err : map(vs, STACK - 4 * PAGE_SIZE, STACK, VMA_READ | VMA_WRITE);
}

static void enter(void *arg)
{
    struct program *p = arg;

    user_frame_init(user_frame(&p->thread.arch), p->entry, STACK);
    user_enter();
}

static int run(void)
{
    struct thread_attr attr = {.ops = &ops};
    int err;

    program.vspace = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
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
        snprintf(line, sizeof(line), "m2: error %d\n", err);
    else
        snprintf(line, sizeof(line), "m2: the program from flash left with %ld\n",
                 (long)program.result);
    console_write(line, strlen(line));
    power_off();
}
