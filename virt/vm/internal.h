/*
 * Shared by the files of virt/vm only.
 */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include <base/errno.h>
#include <vm/vm.h>

/* Where everything of a guest lies when it starts. */
struct vm_entry {
    uint64_t pc, fdt;
};

/*
 * build.c. Memory, devices and images of a machine; and back. On failure *problem says why and
 * nothing is left. Keeper's thread, may sleep.
 */
int vm_build(struct vm *vm, struct vm_entry *entry, const char **problem) MUST_CHECK;
void vm_unbuild(struct vm *vm);

/* run.c. What the thread of a vCPU does (arg: the struct vcpu). */
void vm_vcpu_main(void *arg);

/* Ends the run: the first to call decides how, and is told so: it says why. Any context. */
bool vm_stop(struct vm *vm, enum vm_state how);

/* A byte was typed (ctx: the struct vm). Interrupt context. */
void vm_input(void *ctx, uint8_t byte);

/* flash.c */
int vm_flash_init(struct vm *vm, unsigned bank, const char **problem) MUST_CHECK;
void vm_flash_fini(struct vm *vm, unsigned bank);
int vm_flash_map(struct vm *vm, unsigned bank) MUST_CHECK; /* into the G-stage */
bool vm_is_flash(const struct vdev *dev);

#endif
