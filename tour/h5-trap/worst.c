/*
 * A guest that does what it must not: forbidden CSRs and instructions, holes in the physical
 * address space, garbage, hostile SBI calls; in S mode and in U mode, round after round. Each has
 * to end as on a bare machine without the hypervisor extension.
 *
 * Every probe is a leaf function of a few instructions. The trap handler notes cause and value, and
 * returns to the probe's caller.
 */
#include "guest.h"

#define HOLE      0x0a000000ul /* between the platform bus and the interrupt controller: nothing */
#define HOLE_FAR  0x7fff000000ul
#define NR_ROUNDS 300

enum {
    FETCH_ACCESS = 1,
    ILLEGAL = 2,
    BREAKPOINT = 3,
    LOAD_ACCESS = 5,
    STORE_ACCESS = 7,
    USER_CALL = 8
};

#define PROBE(name, text)                                                                          \
    void name(void);                                                                               \
    __asm__(".balign 4\n.globl " #name "\n" #name ":\n" text "\nret\n")

PROBE(csr_hstatus, "csrr a0, 0x600");
PROBE(csr_hgatp, "csrw 0x680, zero");
PROBE(csr_vsatp, "csrr a0, 0x280");
PROBE(csr_hvip, "csrs 0x645, a0");
PROBE(csr_mstatus, "csrr a0, 0x300");
PROBE(csr_pmpcfg0, "csrw 0x3a0, zero");
PROBE(csr_absent, "csrr a0, 0x5ff");
PROBE(csr_sstatus, "csrr a0, sstatus");
PROBE(csr_read_only, "csrw 0xc00, zero");
PROBE(insn_hlv, ".insn r 0x73, 4, 0x36, a0, a0, x0");
PROBE(insn_hfence_gvma, ".insn r 0x73, 0, 0x31, x0, x0, x0");
PROBE(insn_hfence_vvma, ".insn r 0x73, 0, 0x11, x0, x0, x0");
PROBE(insn_mret, "mret");
PROBE(insn_ones, ".word 0xffffffff");
PROBE(insn_zero, ".2byte 0, 0");
PROBE(insn_ebreak, ".option push\n.option norvc\nebreak\n.option pop");
PROBE(insn_ecall, "ecall");
PROBE(load_hole, "li a0, 0x0a000000\nlb a0, 0(a0)");
PROBE(load_hole_compressed,
      "li a0, 0x0a000010\n.option push\n.option rvc\nc.ld a0, 8(a0)\n.option pop");
PROBE(store_hole, "li a0, 0x0a000020\nsd a0, 0(a0)");
PROBE(amo_hole, "li a0, 0x0a000030\namoadd.d a0, a0, (a0)");
PROBE(load_far, "li a0, 0x7fff000000\nld a0, 0(a0)");
PROBE(fetch_hole, "li a0, 0x0a000040\njr a0");
PROBE(load_walk, "li a0, 0x40000000\nld a0, 0(a0)");
PROBE(store_walk, "li a0, 0x40000008\nsd a0, 0(a0)");

struct probe {
    const char *name;
    void (*fn)(void);
    unsigned long cause; /* or CAUSES(...): QEMU's versions differ, bare and virtualised alike */
    unsigned long value; /* VALUE_INSN: the instruction at the pc */
    bool is_user;
};

#define VALUE_INSN   ~0ul
#define CAUSES(mask) ((mask) | 1ul << 32)

enum { LOAD_PAGE = 13, STORE_PAGE = 15 };

/* clang-format off */
static const struct probe probes[] = {
    {"hstatus", csr_hstatus, ILLEGAL, VALUE_INSN, false},
    {"hgatp", csr_hgatp, ILLEGAL, VALUE_INSN, false},
    {"vsatp", csr_vsatp, ILLEGAL, VALUE_INSN, false},
    {"hvip", csr_hvip, ILLEGAL, VALUE_INSN, false},
    {"mstatus", csr_mstatus, ILLEGAL, VALUE_INSN, false},
    {"pmpcfg0", csr_pmpcfg0, ILLEGAL, VALUE_INSN, false},
    {"absent CSR", csr_absent, ILLEGAL, VALUE_INSN, false},
    {"write to cycle", csr_read_only, ILLEGAL, VALUE_INSN, false},
    {"hlv", insn_hlv, ILLEGAL, VALUE_INSN, false},
    {"hfence.gvma", insn_hfence_gvma, ILLEGAL, VALUE_INSN, false},
    {"hfence.vvma", insn_hfence_vvma, ILLEGAL, VALUE_INSN, false},
    {"mret", insn_mret, ILLEGAL, VALUE_INSN, false},
    {"garbage", insn_ones, ILLEGAL, VALUE_INSN, false},
    {"zero", insn_zero, ILLEGAL, 0, false},
    {"ebreak", insn_ebreak, BREAKPOINT, 0, false},
    {"load from a hole", load_hole, LOAD_ACCESS, HOLE, false},
    {"c.ld from a hole", load_hole_compressed, LOAD_ACCESS, HOLE + 0x18, false},
    {"store to a hole", store_hole, STORE_ACCESS, HOLE + 0x20, false},
    {"amo on a hole", amo_hole, CAUSES(1 << LOAD_ACCESS | 1 << STORE_ACCESS), HOLE + 0x30, false},
    {"load from far away", load_far, LOAD_ACCESS, HOLE_FAR, false},
    {"jump into a hole", fetch_hole, FETCH_ACCESS, HOLE + 0x40, false},
    {"page table in a hole, load", load_walk, CAUSES(1 << LOAD_ACCESS | 1 << LOAD_PAGE),
     0x40000000, false},
    {"page table in a hole, store", store_walk,
     CAUSES(1 << LOAD_ACCESS | 1 << STORE_ACCESS | 1 << STORE_PAGE), 0x40000008, false},
    {"U: hstatus", csr_hstatus, ILLEGAL, VALUE_INSN, true},
    {"U: mstatus", csr_mstatus, ILLEGAL, VALUE_INSN, true},
    {"U: sstatus", csr_sstatus, ILLEGAL, VALUE_INSN, true},
    {"U: hlv", insn_hlv, ILLEGAL, VALUE_INSN, true},
    {"U: hfence.gvma", insn_hfence_gvma, ILLEGAL, VALUE_INSN, true},
    {"U: mret", insn_mret, ILLEGAL, VALUE_INSN, true},
    {"U: garbage", insn_ones, ILLEGAL, VALUE_INSN, true},
    {"U: ebreak", insn_ebreak, BREAKPOINT, 0, true},
    {"U: ecall", insn_ecall, USER_CALL, 0, true},
    {"U: load from a hole", load_hole, LOAD_ACCESS, HOLE, true},
    {"U: store to a hole", store_hole, STORE_ACCESS, HOLE + 0x20, true},
    {"U: jump into a hole", fetch_hole, FETCH_ACCESS, HOLE + 0x40, true},
};
/* clang-format on */

/* --- calling a probe -------------------------------------------------------------------------- */

#define SSTATUS_SPP (1ul << 8)

static volatile struct {
    unsigned long nr, cause, value, pc;
    bool was_user;
} taken;

/* void probe_call(void (*fn)(void), unsigned long is_user): the trap comes back to probe_back. */
void probe_call(void (*fn)(void), unsigned long is_user);
extern char probe_back[];
extern unsigned long probe_sp;
__asm__(
    ".globl probe_call, probe_back\n"
    "probe_call:\n"
    "    addi sp, sp, -128\n"
    "    sd ra, 0(sp); sd s0, 8(sp); sd s1, 16(sp); sd s2, 24(sp); sd s3, 32(sp); sd s4, 40(sp)\n"
    "    sd s5, 48(sp); sd s6, 56(sp); sd s7, 64(sp); sd s8, 72(sp); sd s9, 80(sp)\n"
    "    sd s10, 88(sp); sd s11, 96(sp)\n"
    "    la t0, probe_sp; sd sp, 0(t0)\n"
    "    la ra, probe_back\n"
    "    bnez a1, 1f\n"
    "    jr a0\n"
    "1:  csrw sepc, a0\n"
    "    li t0, 0x100; csrc sstatus, t0\n"
    "    sret\n"
    "probe_back:\n"
    "    la t0, probe_sp; ld sp, 0(t0)\n"
    "    ld ra, 0(sp); ld s0, 8(sp); ld s1, 16(sp); ld s2, 24(sp); ld s3, 32(sp); ld s4, 40(sp)\n"
    "    ld s5, 48(sp); ld s6, 56(sp); ld s7, 64(sp); ld s8, 72(sp); ld s9, 80(sp)\n"
    "    ld s10, 88(sp); ld s11, 96(sp)\n"
    "    addi sp, sp, 128\n"
    "    ret\n"
    ".pushsection .bss; .balign 8; probe_sp: .dword 0; .popsection\n");

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    taken.nr++;
    taken.cause = cause;
    taken.value = value;
    taken.pc = frame->x[0];
    taken.was_user = !(frame->sstatus & SSTATUS_SPP);
    frame->x[0] = (unsigned long)probe_back;
    frame->sstatus |= SSTATUS_SPP;
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

/* --- translation: one gigabyte of code 1:1, and a table that lies in a hole ------------------- */

static unsigned long root[512] __attribute__((aligned(4096)));

static void translation_on(void)
{
    root[2] = (0x80000000ul >> 12) << 10 | 0xcf; /* V R W X A D, supervisor */
    root[1] = (HOLE >> 12) << 10 | 1;
    csr_write(satp, 8ul << 60 | (unsigned long)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void translation_off(void)
{
    csr_write(satp, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* --- running them ----------------------------------------------------------------------------- */

static unsigned long insn_at(unsigned long pc)
{
    const uint16_t *p = (const uint16_t *)pc;

    return (p[0] & 3) == 3 ? p[0] | (unsigned long)p[1] << 16 : p[0];
}

static bool is_cause(unsigned long wanted, unsigned long cause)
{
    return wanted >> 32 ? cause < 32 && (wanted >> cause & 1) : wanted == cause;
}

static bool is_as_bare(const struct probe *p)
{
    const bool is_walk = p->fn == load_walk || p->fn == store_walk;
    unsigned long value = p->value;

    taken.nr = 0;
    if (is_walk)
        translation_on();
    probe_call(p->fn, p->is_user);
    if (is_walk)
        translation_off();
    if (value == VALUE_INSN)
        value = insn_at(taken.pc);
    else if (p->cause == BREAKPOINT)
        value = taken.value == taken.pc ? taken.pc : 0; /* either is allowed */
    if (taken.nr == 1 && is_cause(p->cause, taken.cause) && taken.value == value &&
        taken.was_user == p->is_user)
        return true;
    guest_printf("%s: %lu traps, cause %lu value %lx pc %lx\n", p->name, taken.nr, taken.cause,
                 taken.value, taken.pc);
    return false;
}

struct call {
    unsigned long ext, fid, args[4];
    long error;
};

#define INVALID_PARAM   -3
#define INVALID_ADDRESS -5
#define NOT_SUPPORTED   -2

static const struct call calls[] = {
    {0x0a0b0c0d, 0, {0}, NOT_SUPPORTED},
    {~0ul, ~0ul, {~0ul, ~0ul, ~0ul, ~0ul}, NOT_SUPPORTED},
    {SBI_IPI, 0, {1, 64}, INVALID_PARAM},
    {SBI_IPI, 0, {~0ul, 0}, INVALID_PARAM},
    {SBI_RFENCE, 1, {2, 63, 0, 0}, INVALID_PARAM},
    {SBI_HSM, 0, {99, 0x80200000, 0}, INVALID_PARAM},
    {SBI_HSM, 2, {~0ul}, INVALID_PARAM},
};

static unsigned calls_as_bare(void)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const struct call *c = &calls[i];
        const struct sbi_result r =
            sbi(c->ext, c->fid, c->args[0], c->args[1], c->args[2], c->args[3], 0);

        if (r.error == c->error)
            nr++;
        else
            guest_printf("call %lx/%lx: %ld\n", c->ext, c->fid, r.error);
    }
    return nr;
}

void guest_main(unsigned long hart, void *fdt)
{
    const unsigned nr_probes = sizeof(probes) / sizeof(probes[0]);
    const unsigned nr_calls = sizeof(calls) / sizeof(calls[0]);
    unsigned nr_good = 0, nr_good_calls = 0;

    (void)hart;
    (void)fdt;
    for (int round = 0; round < NR_ROUNDS; round++) {
        nr_good = 0;
        for (unsigned i = 0; i < nr_probes; i++)
            nr_good += is_as_bare(&probes[i]);
        nr_good_calls = calls_as_bare();
        if (nr_good != nr_probes || nr_good_calls != nr_calls)
            break;
    }
    guest_printf("h5: %u of %u traps as on a bare machine, %u of %u hostile calls refused\n",
                 nr_good, nr_probes, nr_good_calls, nr_calls);
}
