/*
 * A guest's memory in this hart: hgatp, VMIDs and their fences.
 */
#include "internal.h"

#include <arch/memory.h>
#include <lock/preempt.h>
#include <percpu/percpu.h>

static void shootdown(cpumask_t cpus, uint64_t gpa, uint64_t size, vmid_t vmid)
{
    cpumask_t here;

    preempt_disable();
    here = BIT(cpu_index());
    if (cpus & here)
        guest_fence_stage2(vmid);
    guest_fence_stage2_remote(cpus & ~here, GPA(gpa), size, vmid);
    preempt_enable();
}

static struct vspace_gstage_ops ops = {.shootdown = shootdown};

void vcpu_boot(void)
{
    ops.nr_vmids = guest_vmid_count();
    vspace_gstage_register(&ops);
}

void vcpu_stage_enter(struct gstage *gs)
{
    vmid_t vmid;
    bool all;
    const bool must_fence = vspace_gstage_enter(&gs->vs, &vmid, &all);

    guest_stage2_set(virt_to_phys(gs->vs.tables.root), vmid);
    if (must_fence && all)
        guest_fence_stage2_all();
    else if (must_fence)
        guest_fence_stage2(vmid);
}

void vcpu_stage_leave(struct gstage *gs)
{
    vspace_gstage_leave(&gs->vs);
}
