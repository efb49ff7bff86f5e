/*
 * One hostile guest of many kinds; "mode=" in its bootargs says which. Most never end: what they do
 * to themselves is theirs, other guests must not notice. Those that can end say so.
 */
#include "guest.h"

#define NR_HARTS 4
#define START    0x80200000ul
#define RAM_END  0x80400000ul /* of the 4 MiB that these guests are given */
#define HOLE     0x0a000000ul
#define UART     0x10000000ul
#define PLIC     0x0c000000ul

static char stacks[NR_HARTS][4096] __attribute__((aligned(16)));
static volatile uint32_t code[2]; /* instructions made at run time */
static volatile unsigned long nr_traps;
static void (*hart_work)(unsigned long hart);

/* Every synchronous trap goes on behind the instruction; timers are set to the past again. */
void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    (void)value;
    nr_traps++;
    if (cause >> 63) {
        if ((cause & 63) == 5)
            sbi(SBI_TIME, 0, 0, 0, 0, 0, 0);
        else
            csr_clear(sip, 2);
        return;
    }
    if (cause == 1 || cause == 12 || frame->x[0] - START >= RAM_END - START) {
        /* Jumped out of its code: back to the caller. */
        frame->x[0] = frame->x[1];
        return;
    }
    const uint16_t low = *(const uint16_t *)frame->x[0];

    frame->x[0] += (low & 3) == 3 ? 4 : 2;
    frame->sstatus |= 1ul << 8; /* back to S, whatever it was */
}

void guest_hart(unsigned long hart)
{
    hart_work(hart);
}

static void start_harts(void (*work)(unsigned long hart), unsigned long self)
{
    hart_work = work;
    for (unsigned long n = 0; n < NR_HARTS; n++) {
        if (n != self)
            sbi(SBI_HSM, 0, n, (unsigned long)guest_hart_entry,
                (unsigned long)&stacks[n][sizeof(stacks[n])], 0, 0);
    }
    if (work)
        work(self);
}

static void run_word(uint32_t insn)
{
    code[0] = insn;
    code[1] = 0x00008067; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    ((void (*)(void))(unsigned long)code)();
}

/* --- the kinds -------------------------------------------------------------------------------- */

static void flood(unsigned long hart)
{
    for (unsigned long n = 0;; n++) {
        guest_printf("flood %lu of hart %lu\n", n, hart);
        sbi(1, 0, 'x', 0, 0, 0, 0);
        *(volatile uint8_t *)UART = 'y';
    }
}

static void spin(unsigned long hart)
{
    (void)hart;
    csr_clear(sstatus, 2);
    for (;;)
        ;
}

static void timer_storm(unsigned long hart)
{
    (void)hart;
    csr_write(sie, 0x22);
    csr_set(sstatus, 2);
    sbi(SBI_TIME, 0, 0, 0, 0, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

static void stop(unsigned long hart)
{
    (void)hart;
    sbi(SBI_HSM, 1, 0, 0, 0, 0, 0);
}

static void start_storm(unsigned long hart)
{
    for (;;) {
        start_harts(NULL, hart);
        hart_work = stop;
        sbi(SBI_HSM, 0, hart, ~1ul, 0, 0, 0);
        sbi(SBI_HSM, 0, (hart + 1) % NR_HARTS, 0x0a000000, 0, 0, 0); /* into a hole */
        sbi(SBI_HSM, 3, 0, 0, 0, 0, 0);
    }
}

static void fence_storm(unsigned long hart)
{
    for (unsigned long n = 0;; n++) {
        sbi(SBI_RFENCE, n % 3, 15, 0, n << 12, n % 5 ? 4096 * n : ~0ul, n);
        sbi(SBI_IPI, 0, 15, 0, 0, 0, 0);
        sbi(6, 0, hart ? 0x0a000000 : 0, 0, ~0ul, 0, 0); /* legacy, its mask in a hole */
    }
}

/* Every width and form of access, aligned and not, within pages and across them. */
static void access_all(unsigned long addr)
{
    unsigned long v;

#define LOAD(op) __asm__ volatile(op " %0, 0(%1)" : "=r"(v) : "r"(addr) : "memory")
    LOAD("lb");
    LOAD("lbu");
    LOAD("lh");
    LOAD("lhu");
    LOAD("lw");
    LOAD("lwu");
    LOAD("ld");
    LOAD("lr.w");
    LOAD("lr.d");
#define STORE(op) __asm__ volatile(op " zero, 0(%0)" ::"r"(addr) : "memory")
    STORE("sb");
    STORE("sh");
    STORE("sw");
    STORE("sd");
#define AMO(op) __asm__ volatile(op " %0, zero, (%1)" : "=r"(v) : "r"(addr) : "memory")
    AMO("sc.w");
    AMO("sc.d");
    AMO("amoswap.w");
    AMO("amoor.d");
    register unsigned long a0 __asm__("a0") = addr;

    __asm__ volatile(".2byte 0x4108\n" : "+r"(a0)::"memory"); /* c.lw a0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".2byte 0x6108\n" : "+r"(a0)::"memory"); /* c.ld a0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".2byte 0xc108\n" : "+r"(a0)::"memory"); /* c.sw a0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".2byte 0xe108\n" : "+r"(a0)::"memory"); /* c.sd a0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".2byte 0x2108\n" : "+r"(a0)::"memory"); /* c.fld fa0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".4byte 0x00053507\n" : "+r"(a0)::"memory"); /* fld fa0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".4byte 0x00a53027\n" : "+r"(a0)::"memory"); /* fsd fa0, 0(a0) */
    a0 = addr;
    __asm__ volatile(".4byte 0x02050007\n" : "+r"(a0)::"memory"); /* vle8.v v0, (a0) */
    a0 = addr;
    __asm__ volatile(".4byte 0x02050027\n" : "+r"(a0)::"memory"); /* vse8.v v0, (a0) */
}

static uint16_t two_pages[4096] __attribute__((aligned(4096)));

/* The instruction itself lies across two pages. */
static void access_across(unsigned long addr)
{
    static const uint32_t insns[] = {0x00053503, 0x00b53023}; /* ld a0, 0(a0); sd a1, 0(a0) */

    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        two_pages[2047] = (uint16_t)insns[i];
        two_pages[2048] = (uint16_t)(insns[i] >> 16);
        two_pages[2049] = 0x8082; /* c.jr ra */
        __asm__ volatile("fence.i" ::: "memory");
        ((void (*)(unsigned long))(unsigned long)&two_pages[2047])(addr);
    }
}

static void mmio(unsigned long hart)
{
    static const unsigned long bases[] = {
        UART,
        UART + 0xff8,
        PLIC,
        PLIC + 0x1ff8,
        PLIC + 0x200000,
        PLIC + 0x3ffffff8,
        HOLE,
        0,
        0xff8,
        0x22000000,
        0x23fffff8,
        0x7fffffffff8ul,
        0x80000000,
        1ul << 40,
        (1ul << 41) - 8,
    };

    (void)hart;
    csr_set(sstatus, 3ul << 13 | 3ul << 9); /* floats and vectors on */
    for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        for (unsigned long offset = 0; offset < 16; offset++)
            access_all(bases[i] + offset);
        access_across(bases[i]);
        if (bases[i] != 0x80000000) /* memory: it would run on until it starts anew */
            ((void (*)(void))bases[i])();
    }
}

/* All CSRs, read and written; all of SYSTEM, the hypervisor's loads, and vectors. */
static void instructions(unsigned long hart)
{
    (void)hart;
    for (uint32_t csr = 0; csr < 4096; csr++) {
        run_word(csr << 20 | 2 << 12 | 10 << 7 | 0x73); /* csrrs a0, csr, x0 */
        if (csr == 0x100 || csr == 0x105 || csr == 0x180 || csr == 0x104)
            continue; /* sstatus, stvec, satp, sie: these change how it runs itself */
        run_word(csr << 20 | 31 << 15 | 5 << 12 | 0x73); /* csrrwi x0, csr, 31 */
        run_word(csr << 20 | 7 << 12 | 0x73);            /* csrrci x0, csr, 0 */
    }
    for (uint32_t imm = 0; imm < 4096; imm++) {
        if (imm == 0x105 || imm == 0x102 || imm == 0) /* wfi, sret, ecall */
            continue;
        run_word(imm << 20 | 0x73);
        run_word(imm << 20 | 10 << 15 | 4 << 12 | 11 << 7 | 0x73);
        run_word(imm << 20 | 10 << 15 | 0x57);
        run_word(imm << 20 | 10 << 15 | 7 << 12 | 0x57);
        run_word(imm << 20 | 10 << 15 | 0x07);
    }
}

static unsigned long root[512] __attribute__((aligned(4096)));

/* Its tables are garbage, its vector is not mapped: it faults for ever, in itself. */
static void tables(unsigned long hart)
{
    (void)hart;
    for (unsigned i = 0; i < 512; i++)
        root[i] = i * 0x9e3779b97f4a7c15ul;
    root[2] = (0x80000000ul >> 12) << 10 | 0xcf;
    csr_write(stvec, 0xffffffff00000000ul);
    csr_write(satp, 8ul << 60 | (unsigned long)root >> 12);
    root[2] = 0xdeadbeef;
    __asm__ volatile("sfence.vma" ::: "memory");
    *(volatile unsigned long *)(HOLE + (unsigned long)root) = 1;
}

static void reset(unsigned long hart)
{
    (void)hart;
    sbi(SBI_SRST, 0, 1, 0, 0, 0, 0);
}

static void crash(unsigned long hart)
{
    (void)hart;
    csr_write(stvec, HOLE);
    ((void (*)(void))HOLE)();
}

/* --- at random, for ever ---------------------------------------------------------------------- */

static unsigned long next_random(void)
{
    static unsigned long state = 0x9e3779b97f4a7c15ul; /* shared by the harts: so much the better */

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Values that a careless check gets wrong, or any. */
static unsigned long junk(void)
{
    static const unsigned long edges[] = {0,           1,
                                          2,           3,
                                          4,           15,
                                          63,          64,
                                          ~0ul,        ~1ul,
                                          RAM_END,     HOLE,
                                          RAM_END - 1, RAM_END - 8,
                                          0x80000000,  1ul << 31,
                                          UART,        1ul << 32,
                                          PLIC,        1ul << 38,
                                          1ul << 41,   (1ul << 56) - 1,
                                          1ul << 56,   1ul << 63,
                                          4096,        ~0ul - 4095,
                                          4095,        1ul << 34};
    const unsigned long r = next_random();

    return r & 3 ? edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))] : r >> (r >> 2 & 31);
}

static void wait_for_all(void)
{
    static volatile unsigned nr_here;

    __atomic_fetch_add(&nr_here, 1, __ATOMIC_SEQ_CST);
    while (nr_here < NR_HARTS) {
    }
}

/* Every extension and function with arguments of all kinds, but for those that would end it. */
static void calls(unsigned long hart)
{
    static const unsigned long extensions[] = {
        0,        1,          2,          3,          4,        5,        6,
        7,        9,          SBI_BASE,   SBI_TIME,   SBI_IPI,  SBI_HSM,  SBI_RFENCE,
        SBI_SRST, SBI_DBCN,   0x504d55,   0x53555350, 0x535441, 0x535345, 0x43505043,
        ~0ul,     0x46574654, 0x4e41434c, 0x0a000000};

    (void)hart;
    wait_for_all(); /* all of them run: none can be started in the wild */
    for (;;) {
        const unsigned long n = next_random();
        const unsigned long extension =
            extensions[(n >> 4) % (sizeof(extensions) / sizeof(extensions[0]))];
        const unsigned long function = n & 8 ? n & 7 : junk();
        unsigned long a0 = junk(), a1 = junk();

        if (extension == SBI_HSM && function == 1)
            continue;
        if (extension == SBI_HSM && function == 3)
            a0 |= 1; /* the only suspension there is would last */
        if (extension == SBI_SRST)
            a0 |= 0x100;
        if (extension == SBI_DBCN && a1 >= 0x80000000 && a1 < RAM_END)
            a1 = RAM_END - 2; /* two bytes that exist, and then none */
        sbi(extension, function, a0, a1, junk(), junk(), junk());
    }
}

static void jump(unsigned long hart)
{
    (void)hart;
    for (;;)
        ((void (*)(void))(junk() & ~1ul))();
}

static void sleep(unsigned long hart)
{
    (void)hart;
    csr_write(sie, 0);
    for (;;)
        __asm__ volatile("wfi");
}

/* Tables changed under the feet of four harts that walk them, into all that is not its memory. */
static void walk(unsigned long hart)
{
    static const unsigned long flags[] = {0x1, 0x3, 0xf, 0xcf, 0xc7, 0x4f, 0x1f, 0xdf};

    root[2] = (0x80000000ul >> 12) << 10 | 0xcf;
    csr_write(satp, 8ul << 60 | (unsigned long)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
    for (;;) {
        const unsigned long r = next_random();
        const unsigned long slot = r % 2 ? 3 : 4 + (r >> 1) % 250;
        unsigned long physical = junk() & ((1ul << 56) - 1);

        if (physical >= 0x80000000 && physical < RAM_END)
            physical = (unsigned long)root; /* itself, as a table; and never as memory */
        root[slot] =
            physical >> 12 << 10 | (physical == (unsigned long)root ? 1 : flags[(r >> 10) % 8]);
        if (r & 1ul << 20)
            __asm__ volatile("sfence.vma" ::: "memory");
        if (r & 1ul << 21)
            sbi(SBI_RFENCE, 1, 15, 0, slot << 30, 4096, 0);
        access_all(slot << 30 | (r >> 24 & 0x3ffffff8));
        if (r & 1ul << 22)
            ((void (*)(void))(slot << 30 | (r >> 24 & 0x3ffffffc)))();
        if (hart == 3 && (r >> 40) % 4096 == 0) /* another mode: it may never come back */
            csr_write(satp, (r >> 60) << 60 | (unsigned long)root >> 12);
    }
}

/* All kinds of traffic between harts that come and go; in the middle of it the machine resets. */
static void churn(unsigned long hart)
{
    csr_write(sie, 2);
    csr_set(sstatus, 2);
    for (unsigned n = 0; n < 2000 || hart != 0; n++) {
        const unsigned long base = n % 5 == 0 ? ~0ul : n % 7;

        sbi(SBI_IPI, 0, n % 16, base, 0, 0, 0);
        sbi(SBI_RFENCE, n % 8, n % 16, base, (unsigned long)n << 12, n % 3 ? 8192 : ~0ul, 1);
        if (hart != 0 && n % 64 == 63) {
            csr_clear(sstatus, 2);
            sbi(SBI_HSM, 1, 0, 0, 0, 0, 0);
        }
        for (unsigned long other = 1; other < NR_HARTS; other++) {
            if (other != hart && sbi(SBI_HSM, 2, other, 0, 0, 0, 0).value == 1)
                sbi(SBI_HSM, 0, other, (unsigned long)guest_hart_entry,
                    (unsigned long)&stacks[other][sizeof(stacks[other])], 0, 0);
        }
    }
    sbi(SBI_SRST, 0, 1 + next_random() % 2, 0, 0, 0, 0);
}

static const struct {
    const char *name;
    void (*fn)(unsigned long hart);
    bool is_smp;
} kinds[] = {
    {"flood", flood, true},        {"spin", spin, true},         {"timer", timer_storm, true},
    {"start", start_storm, false}, {"fence", fence_storm, true}, {"mmio", mmio, false},
    {"insn", instructions, false}, {"tables", tables, true},     {"reset", reset, false},
    {"crash", crash, false},       {"calls", calls, true},       {"jump", jump, true},
    {"sleep", sleep, true},        {"walk", walk, true},         {"churn", churn, true},
};

/* The tree is searched as bytes: its only "mode=" is the bootargs'. */
static const char *find_mode(const char *tree)
{
    while (
        !(tree[0] == 'm' && tree[1] == 'o' && tree[2] == 'd' && tree[3] == 'e' && tree[4] == '='))
        tree++;
    return tree + 5;
}

void guest_main(unsigned long hart, void *fdt)
{
    const char *mode = find_mode(fdt);

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *a = kinds[i].name, *b = mode;

        while (*a && *a == *b)
            a++, b++;
        if (*a || *b)
            continue;
        if (kinds[i].is_smp)
            start_harts(kinds[i].fn, hart);
        else
            kinds[i].fn(hart);
        guest_printf("hostile: %s, it lives\n", mode);
        return;
    }
    guest_printf("hostile: unknown %s\n", mode);
}
