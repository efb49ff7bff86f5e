/*
 * A virtual machine: guest memory, vCPUs and devices, made from a description.
 *
 *   vm_create -> vm_start -> (runs, may reboot) -> vm_join -> vm_destroy
 *
 * One thread per machine, its keeper, builds it (vm_build: memory, device tree, images), starts the
 * vCPUs and waits for their end; a guest that asks for a reboot is built anew. Flash contents
 * outlive a reboot. Whatever a guest does ends at worst in one line on the console and the end of
 * this guest.
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
    VM_OFF, /* not started, or ended in good order */
    VM_RUNNING,
    VM_STOPPING_OFF, /* vCPUs are on their way out */
    VM_STOPPING_REBOOT,
    VM_STOPPING_FAILED,
    VM_FAILED,
};

/*
 * An emulated flash bank. Its pages are filled from the image at the first touch; those that were
 * never programmed and lie behind the image are all one erased page.
 * [f] model.lock (unchecked: clang does not follow a lock into a member)
 */
struct vm_flash {
    struct vpflash model;
    struct vm *vm;         /* [I] */
    const uint8_t *image;  /* [I] may be NULL */
    size_t image_size;     /* [I] */
    bool is_taken;         /* [I] passed through: the machine's bank is this guest's alone */
    struct vma *vma;       /* [f] where the guest sees it, NULL before */
    struct frame **frames; /* [f] by page; NULL: not touched */
    uint64_t nr_promised;  /* [f] frames for pages that were programmed */
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
    uint64_t nr_promised; /* [I] frames set aside for it */
    uint64_t nr_exits;    /* keeper's: of all boots so far, without those the entry path answered */

    /* Its devices, in gstage.devices while it is built. */
    struct vuart uart; /* with config.has_uart */
    struct vplic plic; /* also */
    struct vm_flash flash[GUEST_FLASH_MAX];

    struct spinlock input_lock; /* interrupts masked; after the UART's */
    uint8_t input[VCONSOLE_INPUT_SIZE] GUARDED_BY(&input_lock); /* typed, and not yet taken */
    unsigned input_head GUARDED_BY(&input_lock);
    unsigned input_count GUARDED_BY(&input_lock);

    struct vconsole console;
};

/*
 * A machine for the description, not running; its memory is set aside. NULL, with *problem saying
 * why (valid until the next call): a file is not there, the machine cannot give what is wanted, no
 * memory. May sleep; one call at a time.
 */
struct vm *vm_create(const struct guest_config *config, const char **problem);

/* Builds and runs it, on threads of its own. -ENOMEM. */
int vm_start(struct vm *vm) MUST_CHECK;

/* Waits for its end. True: in good order. May sleep. */
bool vm_join(struct vm *vm);

/* After vm_join, or never started. */
void vm_destroy(struct vm *vm);

#endif
