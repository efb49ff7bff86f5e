/*
 * Two harts, a PLIC and a 16550: what goes through the host must end as on the bare machine, also
 * where the host has to look at the guest's memory to find out what it is about. A line for each
 * group; bare on OpenSBI the lines are the same. One file: a guest is one program.
 */
#include "guest.h"

#define RAM       0x80000000ul
#define UNTOUCHED 0x80380000ul /* within 4 MiB, and nothing was ever there */
#define PLIC      0x0c000000ul
#define HOLE      0x0a000000ul
#define SOURCE    5 /* nothing is connected to it */

#define PTE_V  1ul
#define PTE_R  2ul
#define PTE_W  4ul
#define PTE_X  8ul
#define PTE_U  16ul
#define PTE_AD 0xc0ul

#define SIE_SOFTWARE 2ul
#define SIE_TIMER    32ul
#define MS           10000ul /* ticks */

#define INSN_WFI   0x10500073u
#define INSN_RET   0x00008067u
#define INSN_HGATP 0x68002573u /* csrr a0, hgatp */
#define INSN_LW    0x0005a503u /* lw a0, 0(a1) */
#define INSN_LI_7  0x00700513u /* li a0, 7 */
#define INSN_ECALL 0x00000073u

static char stack[4096] __attribute__((aligned(16)));
static unsigned long root[512] __attribute__((aligned(4096)));
static unsigned long middle[512] __attribute__((aligned(4096)));
static volatile unsigned long leaves[512] __attribute__((aligned(4096)));
static volatile uint32_t pages[3][1024] __attribute__((aligned(4096)));

static volatile unsigned long last_cause, last_value;
static volatile unsigned nr_traps;
static volatile unsigned order, answer; /* what the other hart is to do; and it did */
static unsigned nr_wrong;

/* Where the pages above are seen once more, with rights of their own. */
#define ALIAS 0x40000000ul

static void expect(const char *what, unsigned long is, unsigned long wanted)
{
    if (is == wanted)
        return;
    guest_printf("exact: %s is %lx and not %lx\n", what, is, wanted);
    nr_wrong++;
}

static void done(const char *group)
{
    guest_printf("exact: %s, %u wrong\n", group, nr_wrong);
    nr_wrong = 0;
}

/* Behind what trapped, in S mode; a jump that failed returns. */
void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    const bool was_user = !(frame->sstatus >> 8 & 1);

    last_cause = cause;
    last_value = value;
    nr_traps++;
    frame->sstatus |= 1ul << 8;
    if (was_user || cause == 12 || cause == 1)
        frame->x[0] = frame->x[1];
    else
        frame->x[0] += 4;
}

static unsigned long now(void)
{
    unsigned long n;

    __asm__ volatile("rdtime %0" : "=r"(n));
    return n;
}

static void pause_until(unsigned long end)
{
    while (now() < end) {
    }
}

/* The firmware boots either hart. The other one does as that one says. */
static unsigned long boot_hart, other_hart;
enum { NOTHING, SUSPEND, RESUME_ELSEWHERE, INTERRUPT, REMAP };

static void tell(unsigned what)
{
    __atomic_store_n(&order, what, __ATOMIC_SEQ_CST);
}

static void wait_answer(unsigned value)
{
    while (answer != value) {
    }
}

/* --- execute-only ----------------------------------------------------------------------------- */

static void map_alias(unsigned page, unsigned long rights)
{
    leaves[page] = (unsigned long)pages[page] >> 12 << 10 | PTE_V | PTE_AD | rights;
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void translation_on(void)
{
    const unsigned long rights = PTE_V | PTE_R | PTE_W | PTE_X | PTE_AD;

    root[0] = rights; /* devices */
    root[1] = (unsigned long)middle >> 12 << 10 | PTE_V;
    root[2] = RAM >> 12 << 10 | rights;
    middle[0] = (unsigned long)leaves >> 12 << 10 | PTE_V;
    csr_write(satp, 8ul << 60 | (unsigned long)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* Runs a word of page 0, seen through the alias. a0: its result. */
static unsigned long run_alias(uint32_t insn, unsigned long a1)
{
    register unsigned long a0r __asm__("a0") = 0;
    register unsigned long a1r __asm__("a1") = a1;
    register unsigned long t0r __asm__("t0") = ALIAS;

    pages[0][0] = insn;
    pages[0][1] = INSN_RET;
    __asm__ volatile("fence.i\n\tjalr ra, t0" : "+r"(a0r) : "r"(a1r), "r"(t0r) : "ra", "memory");
    return a0r;
}

static unsigned long run_user(uint32_t insn)
{
    const unsigned seen = nr_traps;

    pages[0][0] = insn;
    pages[0][1] = INSN_ECALL;
    csr_clear(sstatus, 1ul << 8 | 1ul << 5); /* SPP, SPIE */
    csr_write(sepc, ALIAS);
    __asm__ volatile("fence.i\n\tla ra, 1f\n\tsret\n1:" ::: "ra", "memory");
    return nr_traps == seen ? 0 : last_cause;
}

static void execute_only(void)
{
    volatile uint32_t *priority = (volatile uint32_t *)(PLIC + 4 * SOURCE);

    *priority = 7;
    map_alias(0, PTE_X);
    expect("a device read from an execute-only page", run_alias(INSN_LW, (unsigned long)priority),
           7);
    csr_write(sie, SIE_SOFTWARE);
    csr_set(sip, SIE_SOFTWARE);
    nr_traps = 0;
    run_alias(INSN_WFI, 0);
    expect("traps of wfi", nr_traps, 0);
    csr_clear(sip, SIE_SOFTWARE);
    csr_write(sie, 0);
    if (csr_read(sscratch) == 0) { /* not where hgatp is ours */
        run_alias(INSN_HGATP, 0);
        expect("cause of csrr hgatp", last_cause, 2);
        expect("value of csrr hgatp", last_value, INSN_HGATP);
    }
    map_alias(0, PTE_X | PTE_U);
    expect("wfi in U mode", run_user(INSN_WFI), 2);
    done("execute-only pages");
}

/* --- accessed, dirty -------------------------------------------------------------------------- */

/* The cause of a store through an entry without these bits; 0: the hart set them. */
static unsigned long store_without(unsigned long bits)
{
    const unsigned long wanted = PTE_AD;

    leaves[2] = (unsigned long)pages[2] >> 12 << 10 | PTE_V | PTE_R | PTE_W | (wanted & ~bits);
    __asm__ volatile("sfence.vma" ::: "memory");
    last_cause = 0;
    __asm__ volatile(
        ".option push\n\t.option norvc\n\tsw zero, 0(%0)\n\t.option pop" ::"r"(ALIAS + 2 * 4096)
        : "memory");
    if (!last_cause)
        expect("an entry after a store", leaves[2] & PTE_AD, PTE_AD);
    return last_cause;
}

static void accessed_and_dirty(void)
{
    const unsigned long a = store_without(0x40), d = store_without(0x80);

    expect("what D takes and A does not", d, a);
    guest_printf("exact: A and D bits are set by %s, %u wrong\n", a ? "software" : "the hart",
                 nr_wrong);
    nr_wrong = 0;
}

/* --- code that changes under way -------------------------------------------------------------- */

static void remap_storm(void)
{
    for (unsigned n = 0; order == REMAP; n++) {
        __atomic_store_n(&leaves[1],
                         (unsigned long)pages[1 + n % 2] >> 12 << 10 | PTE_V | PTE_AD | PTE_X |
                             PTE_R,
                         __ATOMIC_RELAXED);
        for (volatile unsigned i = 0; i < n % 61; i++) {
        }
    }
}

static void remapping(void)
{
    const unsigned long priority = PLIC + 4 * SOURCE;
    unsigned nr_bad = 0;

    pages[1][0] = INSN_LW;
    pages[2][0] = INSN_LI_7;
    pages[1][1] = pages[2][1] = INSN_RET;
    __asm__ volatile("fence.i" ::: "memory");
    nr_traps = 0;
    tell(REMAP);
    while (!leaves[1]) {
    }
    for (const unsigned long end = now() + 1000 * MS; now() < end;) {
        register unsigned long a0 __asm__("a0") = 0;
        register unsigned long a1 __asm__("a1") = priority;
        register unsigned long t0 __asm__("t0") = ALIAS + 4096;

        __asm__ volatile("sfence.vma %1\n\tjalr ra, t0"
                         : "+r"(a0)
                         : "r"(t0), "r"(a1)
                         : "ra", "memory");
        nr_bad += a0 != 7;
    }
    tell(NOTHING);
    expect("traps while the code page was remapped", nr_traps, 0);
    expect("bad values while the code page was remapped", nr_bad, 0);
    done("remapped code");
}

/* --- memory that calls name ------------------------------------------------------------------- */

static void buffers(void)
{
    nr_traps = 0;
    expect("a legacy call with an untouched mask",
           (unsigned long)sbi(5, 0, UNTOUCHED, 0, 0, 0, 0).error, 0);
    expect("a legacy call with a mask over two untouched pages",
           (unsigned long)sbi(5, 0, UNTOUCHED + 0x3ffc, 0, 0, 0, 0).error, 0);
    expect("traps of legacy calls", nr_traps, 0);
    sbi(5, 0, ALIAS + 0x100008, 0, 0, 0, 0);
    expect("cause of a mask that is not mapped", last_cause, 13);
    expect("value of a mask that is not mapped", last_value, ALIAS + 0x100008);
    done("buffers of legacy calls");
}

/* --- where a device ends ---------------------------------------------------------------------- */

#define UART     0x10000000ul
#define UART_END (UART + 8)

static unsigned long cause_of_load(unsigned long addr)
{
    last_cause = last_value = 0;
    __asm__ volatile(".option push\n\t.option norvc\n\tlbu zero, 0(%0)\n\t.option pop" ::"r"(addr)
                     : "memory");
    return last_cause;
}

static void ends(void)
{
    expect("cause of a load from a device's last byte", cause_of_load(UART_END - 1), 0);
    expect("cause of a load behind a device", cause_of_load(UART_END), 5);
    expect("value of a load behind a device", last_value, UART_END);
    last_cause = 0;
    __asm__ volatile(
        ".option push\n\t.option norvc\n\tsb zero, 0(%0)\n\t.option pop" ::"r"(UART_END + 0x800)
        : "memory");
    expect("cause of a store behind a device", last_cause, 7);
    done("ends of devices");
}

static void console(void)
{
    const unsigned long end = RAM + 0x400000; /* as a guest */

    expect("write over the end", (unsigned long)sbi(SBI_DBCN, 0, 16, end - 8, 0, 0, 0).error, -3ul);
    expect("write from a hole", (unsigned long)sbi(SBI_DBCN, 0, 16, HOLE, 0, 0, 0).error, -3ul);
    expect("read into a hole", (unsigned long)sbi(SBI_DBCN, 1, 16, HOLE, 0, 0, 0).error, -3ul);
    expect("read into a device", (unsigned long)sbi(SBI_DBCN, 1, 4, PLIC, 0, 0, 0).error, -3ul);
    expect("read over the end", (unsigned long)sbi(SBI_DBCN, 1, 16, end - 8, 0, 0, 0).error, -3ul);
    expect("read to the end", (unsigned long)sbi(SBI_DBCN, 1, 8, end - 8, 0, 0, 0).error, 0);
    done("console buffers");
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Times that wfi returned until an enabled interrupt is pending. */
static unsigned count_waits(void)
{
    unsigned n = 0;

    do {
        __asm__ volatile("wfi");
        n++;
    } while (!(csr_read(sip) & csr_read(sie) & SIE_SOFTWARE));
    csr_clear(sip, SIE_SOFTWARE);
    return n;
}

static void waiting(void)
{
    unsigned long start;

    sbi(SBI_TIME, 0, 1, 0, 0, 0, 0); /* long ago */
    csr_write(sie, SIE_SOFTWARE);
    tell(INTERRUPT);
    const unsigned n = count_waits();

    tell(NOTHING);
    wait_answer(NOTHING);
    /* Twice at most: the hart may be woken for something else. */
    expect("waits with a masked timer that is due, beyond two", n > 2 ? n : 0, 0);

    csr_write(sie, SIE_TIMER);
    start = now();
    sbi(SBI_TIME, 0, start + 200 * MS, 0, 0, 0, 0);
    csr_set(sip, SIE_SOFTWARE);
    for (nr_traps = 0; now() < start + 200 * MS; nr_traps++)
        __asm__ volatile("wfi");
    expect("waits for a timer with a masked interrupt pending, beyond two",
           nr_traps > 2 ? nr_traps : 0, 0);
    csr_clear(sip, SIE_SOFTWARE);
    csr_write(sie, 0);
    sbi(SBI_TIME, 0, ~0ul, 0, 0, 0, 0);
    done("waiting");
}

/* --- suspension ------------------------------------------------------------------------------- */

static long suspend(unsigned long type, unsigned long where)
{
    return sbi(SBI_HSM, 3, type, where, (unsigned long)&stack[sizeof(stack)], 0, 0).error;
}

static long status_of(unsigned long hart)
{
    return sbi(SBI_HSM, 2, hart, 0, 0, 0, 0).value;
}

static void suspend_and_wake(unsigned how)
{
    tell(how);
    while (status_of(other_hart) != 4) {
    }
    expect("start of a suspended hart succeeds",
           sbi(SBI_HSM, 0, other_hart, RAM, 0, 0, 0).error == 0, false);
    pause_until(now() + 10 * MS);
    expect("status of a suspended hart", (unsigned long)status_of(other_hart), 4);
    sbi(SBI_IPI, 0, 1ul << other_hart, 0, 0, 0, 0);
    wait_answer(how);
    expect("status of a resumed hart", (unsigned long)status_of(other_hart), 0);
    tell(NOTHING);
    wait_answer(NOTHING);
}

static void suspension(void)
{
    expect("suspend type 1", (unsigned long)suspend(1, 0), -3ul);
    expect("suspend type 0xfffffff", (unsigned long)suspend(0xfffffff, 0), -3ul);
    expect("suspend type 0x80000001", (unsigned long)suspend(0x80000001, 0), -3ul);
    expect("suspend type 0x8fffffff", (unsigned long)suspend(0x8fffffff, 0), -3ul);
    suspend_and_wake(SUSPEND);
    suspend_and_wake(RESUME_ELSEWHERE);
    done("suspension");
}

/* --- the harts -------------------------------------------------------------------------------- */

static void ready(unsigned what)
{
    __atomic_store_n(&answer, what, __ATOMIC_SEQ_CST);
}

void guest_hart(unsigned long hart)
{
    static volatile bool is_resumed;

    if (is_resumed) {
        ready(RESUME_ELSEWHERE);
        while (order == RESUME_ELSEWHERE) {
        }
        is_resumed = false;
        csr_clear(sip, SIE_SOFTWARE);
    }
    (void)hart;
    csr_write(sie, SIE_SOFTWARE);
    for (;;) {
        const unsigned what = order;

        if (what == INTERRUPT) {
            pause_until(now() + 200 * MS);
            sbi(SBI_IPI, 0, 1ul << boot_hart, 0, 0, 0, 0);
        } else if (what == SUSPEND) {
            suspend(0, 0);
            csr_clear(sip, SIE_SOFTWARE);
        } else if (what == RESUME_ELSEWHERE) {
            is_resumed = true;
            suspend(0x80000000, (unsigned long)guest_hart_entry);
            guest_printf("exact: resumed in the wrong place\n");
        } else if (what == REMAP) {
            remap_storm();
        }
        ready(what);
        while (order == what) {
        }
    }
}

/* The tree is searched as bytes: "bare" is in the bootargs where it is no guest. */
static bool is_bare(const char *tree)
{
    for (unsigned i = 0; i < 16384; i++)
        if (tree[i] == 'b' && tree[i + 1] == 'a' && tree[i + 2] == 'r' && tree[i + 3] == 'e')
            return true;
    return false;
}

void guest_main(unsigned long hart, void *fdt)
{
    const bool bare = is_bare(fdt);

    boot_hart = hart;
    other_hart = 1 - hart;
    csr_write(sscratch, bare);
    if (!bare)
        console(); /* OpenSBI does not look where memory ends */
    translation_on();
    sbi(SBI_HSM, 0, other_hart, (unsigned long)guest_hart_entry,
        (unsigned long)&stack[sizeof(stack)], 0, 0);
    execute_only();
    accessed_and_dirty();
    buffers();
    ends();
    waiting();
    suspension();
    remapping();
}
