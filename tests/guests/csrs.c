/*
 * Every CSR number: what it holds when the guest starts, and that nobody else changes it. Two of
 * these at once on one hart show whatever one guest leaves behind for the next; one bare on OpenSBI
 * shows what a kernel finds there.
 *
 * Patterns differ by the character behind "id=" in the bootargs; interrupts stay masked.
 */
#include "guest.h"

#define NR_CSRS   4096
#define NR_ROUNDS 12
#define SLICE     200000ul /* 20 ms: the other guest has run meanwhile */

enum {
    CSR_SSTATUS = 0x100,
    CSR_STVEC = 0x105,
    CSR_SEPC = 0x141,
    CSR_SCAUSE = 0x142,
    CSR_STVAL = 0x143,
    CSR_SIP = 0x144,
    CSR_SATP = 0x180,
    CSR_CYCLE = 0xc00,
    CSR_HPMCOUNTER31 = 0xc1f,
};

static volatile uint32_t code[2]; /* an instruction made at run time, and its return */
static volatile bool has_trapped;
static bool is_there[NR_CSRS];
static unsigned long held[NR_CSRS];
static unsigned nr_lost;

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    if (cause != 2) {
        guest_printf("csrs: unexpected trap %lx at %lx, value %lx\n", cause, frame->x[0], value);
        guest_fail();
    }
    has_trapped = true;
    frame->x[0] += 4;
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

/* csrrw or csrrs on that CSR: a0 is operand and result. */
static unsigned long access(unsigned csr, unsigned funct3, bool has_operand, unsigned long a0)
{
    code[0] = csr << 20 | (has_operand ? 10u << 15 : 0) | funct3 << 12 | 10 << 7 | 0x73;
    code[1] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    return ((unsigned long (*)(unsigned long))(unsigned long)code)(a0);
}

static unsigned long get(unsigned csr)
{
    return access(csr, 2, false, 0);
}

static void set(unsigned csr, unsigned long value)
{
    access(csr, 1, true, value);
}

/* Counts by itself, or shows interrupts that come and go. */
static bool is_moving(unsigned csr)
{
    return (csr >= CSR_CYCLE && csr <= CSR_HPMCOUNTER31) || csr == CSR_SIP;
}

/* Of the hypervisor's: there for a kernel on the bare machine, which would harm itself. */
static bool is_hypervisors(unsigned csr)
{
    return (csr >> 8 & 3) == 2;
}

/* Written by traps, or where they go: patterns come last, when no trap follows. */
static bool is_of_traps(unsigned csr)
{
    return csr == CSR_STVEC || (csr >= CSR_SEPC && csr <= CSR_STVAL);
}

/* What may be written without changing how this program runs on. */
static unsigned long harmless(unsigned csr, unsigned long pattern)
{
    switch (csr) {
    case CSR_SSTATUS: /* SPIE SPP SUM MXR */
        return held[csr] ^ (pattern & 0xc0120);
    case CSR_STVEC:
        return pattern & ~3ul;
    case CSR_SATP:
        return pattern & ((1ul << 44) - 1); /* no translation */
    default:
        return pattern;
    }
}

static void write_all(unsigned long seed)
{
    for (int last = 0; last < 2; last++) {
        for (unsigned csr = 0; csr < NR_CSRS; csr++) {
            const bool is_read_only = csr >> 10 == 3;

            if (is_there[csr] && !is_read_only && !is_moving(csr) && !is_hypervisors(csr) &&
                is_of_traps(csr) == last)
                set(csr, harmless(csr, seed * (csr + 1) * 0x9e3779b97f4a7c15ul));
        }
    }
    for (unsigned csr = 0; csr < NR_CSRS; csr++)
        if (is_there[csr])
            held[csr] = get(csr);
}

static unsigned long now(void)
{
    unsigned long n;

    __asm__ volatile("rdtime %0" : "=r"(n));
    return n;
}

static void compare_all(void)
{
    static unsigned long seen[NR_CSRS];
    const unsigned long end = now() + SLICE;

    while (now() < end) {
    }
    for (unsigned csr = 0; csr < NR_CSRS; csr++)
        if (is_there[csr])
            seen[csr] = get(csr);
    for (unsigned csr = 0; csr < NR_CSRS; csr++) {
        if (is_there[csr] && !is_moving(csr) && seen[csr] != held[csr]) {
            guest_printf("csrs: %x was %lx and is %lx\n", csr, held[csr], seen[csr]);
            nr_lost++;
        }
    }
}

/* The tree is searched as bytes: its only "id=" is the bootargs'. */
static unsigned long find_id(const char *tree)
{
    for (unsigned i = 0; i < 16384; i++)
        if (tree[i] == 'i' && tree[i + 1] == 'd' && tree[i + 2] == '=')
            return (unsigned char)tree[i + 3];
    return 0;
}

void guest_main(unsigned long hart, void *fdt)
{
    const unsigned long id = find_id(fdt);
    const unsigned long stvec = csr_read(stvec), sstatus = csr_read(sstatus);
    unsigned nr_there = 0;

    (void)hart;
    guest_printf("csrs: 105 starts as %lx\n", guest_initial_stvec);
    for (unsigned csr = 0; csr < NR_CSRS; csr++) {
        has_trapped = false;
        held[csr] = get(csr);
        is_there[csr] = !has_trapped;
        nr_there += is_there[csr];
        if (is_there[csr] && !is_moving(csr) && !is_of_traps(csr))
            guest_printf("csrs: %x starts as %lx\n", csr, held[csr]);
    }
    for (unsigned round = 1; round <= NR_ROUNDS; round++) {
        write_all(id * 1000 + round);
        compare_all();
        csr_write(stvec, stvec);
        csr_write(sstatus, sstatus);
    }
    guest_printf("csrs: %u there, %u changed by somebody else\n", nr_there, nr_lost);
}
