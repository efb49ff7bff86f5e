/*
 * A virtual machine: guest memory, vCPUs and devices, made from a description.
 *
 *   vm_create -> vm_start -> (runs, may reboot) -> vm_join -> vm_destroy
 *
 * One thread per machine, its keeper, builds it (vm_build: memory, device tree, images), starts the
 * vCPUs and waits for their end; a reboot builds it again. Flash contents survive a reboot. At
 * worst, a misbehaving guest causes one line on the console and its own end.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include <gstage/gstage.h>
#include <guestcfg/guestcfg.h>
#include <lock/spinlock.h>
#include <vconsole/vconsole.h>
#include <vcpu/vcpu.h>
#include <vpflash/vpflash.h>
#include <vplic/vplic.h>
#include <vuart/vuart.h>

enum vm_state {
    VM_OFF, /* not started, or shut down in order */
    VM_RUNNING,
    VM_STOPPING_OFF, /* vCPUs are leaving */
    VM_STOPPING_REBOOT,
    VM_STOPPING_FAILED,
    VM_FAILED,
};

/*
 * An emulated flash bank. Its pages are filled from the image at the first touch; unprogrammed
 * pages behind the image share one erased page. [f] model.lock (unchecked: clang does not follow a
 * lock into a member)
 */
struct vm_flash {
    struct vpflash model;
    struct vm *vm;         /* [I] */
    const uint8_t *image;  /* [I] may be NULL */
    size_t image_size;     /* [I] */
    bool is_taken;         /* [I] passed through: this guest owns the machine's bank */
    struct vma *vma;       /* [f] the guest's memory, NULL before it is added */
    struct frame **frames; /* [f] by page; NULL: not touched yet */
    uint64_t nr_promised;  /* [f] frames of programmed pages */
};

/* A vCPU, and the thread of the machine that runs it. */
struct vm_vcpu {
    struct vcpu vcpu;
    struct thread thread;
};

struct vm {
    struct guest_config config; /* [I] */
    struct gstage gstage;
    struct vcpu_set set;   /* [I] while running */
    struct vm_vcpu *vcpus; /* config.nr_vcpus */
    struct thread *keeper;
    uint32_t state;       /* [a] enum vm_state */
    bool has_sstc;        /* [I] */
    uint64_t nr_promised; /* [I] frames reserved for it */
    uint64_t nr_exits;    /* keeper's: over all boots, without exits that the entry path handled */

    /* Its devices, in gstage.devices while it is built. */
    struct vuart uart; /* with config.has_uart */
    struct vplic plic; /* also */
    struct vm_flash flash[GUEST_FLASH_MAX];

    struct spinlock input_lock; /* interrupts masked; after the UART's */
    uint8_t
        input[VCONSOLE_INPUT_SIZE] GUARDED_BY(&input_lock); /* input not yet taken by the guest */
    unsigned input_head GUARDED_BY(&input_lock);
    unsigned input_count GUARDED_BY(&input_lock);

    struct vconsole console;
};

/*
 * Create a machine from the description, not running, with its memory reserved. NULL, with the
 * reason in *problem (valid until the next call): a missing file, a request that the host cannot
 * satisfy, no memory. May sleep; one call at a time.
 */
struct vm *vm_create(const struct guest_config *config, const char **problem);

/* Build and run it, on threads of its own. -ENOMEM. */
int vm_start(struct vm *vm) MUST_CHECK;

/* Wait for its end. True: shut down in order. May sleep. */
bool vm_join(struct vm *vm);

/* After vm_join, or never started. */
void vm_destroy(struct vm *vm);

#endif
