/*
 * Reads guest memory at guest virtual addresses: by the hart's hypervisor loads where possible,
 * else by walking the guest's tables in software. Fills pages that the host has not filled yet.
 *
 * Tables: privileged specification, section 4.3.2 "Virtual Address Translation Process".
 */
#include "internal.h"

#define MODE_SHIFT    60
#define MODE_SV39     8
#define MODE_SV57     10
#define PTE_V         0x001u
#define PTE_R         0x002u
#define PTE_W         0x004u
#define PTE_X         0x008u
#define PTE_U         0x010u
#define PTE_N         (1ul << 63) /* Svnapot: 16 pages side by side */
#define PTE_PPN_SHIFT 10
#define PPN_MASK      ((1ul << 44) - 1)
#define LEVEL_BITS    9

/* Translate va by a leaf. False: not executable, or malformed. */
static bool leaf_address(uint64_t pte, uint64_t va, unsigned level, bool is_user, uint64_t *gpa)
{
    uint64_t ppn = pte >> PTE_PPN_SHIFT & PPN_MASK;
    unsigned shift = PAGE_SHIFT + LEVEL_BITS * level;

    if (!(pte & PTE_X) || !(pte & PTE_U) == is_user)
        return false;
    if (pte & PTE_N) {
        if (level != 0 || (ppn & 15) != 8)
            return false;
        ppn &= ~15ul;
        shift += 4;
    }
    const uint64_t inside = (1ul << shift) - 1;

    if (ppn << PAGE_SHIFT & inside)
        return false;
    *gpa = ppn << PAGE_SHIFT | (va & inside);
    return true;
}

/* Translate the address of an instruction fetch by the guest's tables. False: it would fault. May
 * sleep. */
static bool walk(struct gstage *gs, uint64_t satp, uint64_t va, bool is_user, uint64_t *gpa)
{
    const unsigned mode = (unsigned)(satp >> MODE_SHIFT);
    uint64_t table = (satp & PPN_MASK) << PAGE_SHIFT;

    *gpa = va;
    if (mode == 0)
        return true;
    if (mode < MODE_SV39 || mode > MODE_SV57)
        return false;

    const unsigned nr_levels = 3 + mode - MODE_SV39;
    const unsigned unused = 64 - (PAGE_SHIFT + LEVEL_BITS * nr_levels);

    if ((uint64_t)((int64_t)(va << unused) >> unused) != va)
        return false;
    for (unsigned level = nr_levels; level-- > 0;) {
        const uint64_t index = va >> (PAGE_SHIFT + LEVEL_BITS * level) & ((1u << LEVEL_BITS) - 1);
        uint64_t pte;

        if (gstage_read(gs, GPA(table + index * sizeof(pte)), &pte, sizeof(pte)) != 0 ||
            !(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W)
            return false;
        if (pte & (PTE_R | PTE_X))
            return leaf_address(pte, va, level, is_user, gpa);
        table = (pte >> PTE_PPN_SHIFT & PPN_MASK) << PAGE_SHIFT;
    }
    return false;
}

static bool fetch_half(struct gstage *gs, uint64_t satp, uint64_t va, bool is_user, uint16_t *half)
{
    uint64_t gpa;

    return walk(gs, satp, va, is_user, &gpa) && gstage_read(gs, GPA(gpa), half, sizeof(*half)) == 0;
}

static bool fetch_by_walk(struct vcpu *v, uint32_t *insn)
{
    const uint64_t satp = guest_translation(&v->guest);
    const bool is_user = guest_is_user(&v->guest);
    const uint64_t pc = v->guest.frame.pc;
    struct gstage *gs = v->set->gstage;
    uint16_t low, high = 0;

    arch_irq_enable();
    bool is_there = fetch_half(gs, satp, pc, is_user, &low);

    if (is_there && insn_length(low) == 4)
        is_there = fetch_half(gs, satp, pc + 2, is_user, &high);
    arch_irq_disable();
    vcpu_bring_in(v);
    if (is_there)
        *insn = (uint32_t)high << 16 | low;
    return is_there;
}

bool vcpu_read_instruction(struct vcpu *v, uint32_t *insn)
{
    vcpu_guest_enter(v);
    const bool is_read = guest_read_instruction(&v->guest, GVA(v->guest.frame.pc), insn);

    vcpu_guest_leave(v);
    return is_read || fetch_by_walk(v, insn);
}

/* Resolve a fault of the host's stage. False: the fault is the guest's. */
static bool fill(struct vcpu *v, const struct guest_exit_info *fault)
{
    if (fault->cause != TRAP_GUEST_LOAD_PAGE)
        return false;
    arch_irq_enable();
    const int ret = gstage_fault(v->set->gstage, fault->gpa, VMA_READ);

    arch_irq_disable();
    vcpu_bring_in(v);
    return ret == 0;
}

bool vcpu_read_u64(struct vcpu *v, uint64_t addr, uint64_t *value, bool *resumes)
{
    struct guest_exit_info fault;

    for (;;) {
        vcpu_guest_enter(v);
        const bool is_read = guest_read_u64(&v->guest, GVA(addr), value, &fault);

        vcpu_guest_leave(v);
        if (is_read)
            return true;
        if (fill(v, &fault))
            continue;
        /* As on the bare machine, where the firmware forwards the fault of its own load. */
        *resumes = vcpu_inject(
            v, fault.cause == TRAP_GUEST_LOAD_PAGE ? TRAP_LOAD_ACCESS : fault.cause, fault.value);
        return false;
    }
}
