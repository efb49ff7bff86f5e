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

/*
 * memory.c. Sets aside what the machine may ever touch; vm->nr_promised is to be returned. -ENOMEM,
 * and *problem says how much is missing. By one thread at a time.
 */
int vm_memory_reserve(struct vm *vm, const char **problem) MUST_CHECK;

/* nr_frames more for somebody; *nr_left (may be NULL): what there was. False: not so many. */
bool vm_memory_promise(uint64_t nr_frames, uint64_t *nr_left) MUST_CHECK;
void vm_memory_return(uint64_t nr_frames);

/* build.c. The devices that each machine has, as after power-on. */
void vm_devices_init(struct vm *vm);

/* run.c. What the thread of a vCPU does (arg: the struct vm_vcpu). */
void vm_vcpu_main(void *arg);

/* Ends the run: the first to call decides how, and is told so: it says why. Any context. */
bool vm_stop(struct vm *vm, enum vm_state how);

/* --- console.c -------------------------------------------------------------------------------- */

/* A byte was typed, for which there was room (ctx: the struct vm). Interrupt context. */
void vm_input(void *ctx, uint8_t byte);

/* How many bytes can be typed now. Any context. */
size_t vm_input_room(void *ctx);

/* The UART's end of it: a byte that was typed, if there is one (ctx: the struct vm). Any context.
 */
bool vm_input_receive(void *ctx, uint8_t *byte);

/* SBI calls of the console: fill in exit->sbi.error and value. May sleep. */
void vm_console_call(struct vm *vm, struct vcpu_exit *exit);

/* The legacy call: a typed byte, or -1. */
int vm_console_getchar(struct vm *vm);

/* flash.c */
int vm_flash_init(struct vm *vm, unsigned bank, const char **problem) MUST_CHECK;
void vm_flash_fini(struct vm *vm, unsigned bank);
int vm_flash_map(struct vm *vm, unsigned bank) MUST_CHECK; /* into the G-stage */

#endif
