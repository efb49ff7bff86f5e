/*
 * Shared by the files of virt/vm only.
 */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include <base/errno.h>
#include <vm/vm.h>

/* Memory layout of a guest at its start. */
struct vm_entry {
    uint64_t pc, fdt;
};

/*
 * build.c. Set up and tear down memory, devices and images of a machine. On failure *problem holds
 * the reason and nothing is left. Keeper's thread, may sleep.
 */
int vm_build(struct vm *vm, struct vm_entry *entry, const char **problem) MUST_CHECK;
void vm_unbuild(struct vm *vm);

/*
 * memory.c. Reserve all memory that the machine may ever touch; vm->nr_promised must be returned.
 * -ENOMEM, with what is missing in *problem. One thread at a time.
 */
int vm_memory_reserve(struct vm *vm, const char **problem) MUST_CHECK;

/* Reserve nr_frames more; *nr_left (may be NULL) gets the number available before. False: too
 * few. */
bool vm_memory_promise(uint64_t nr_frames, uint64_t *nr_left) MUST_CHECK;
void vm_memory_return(uint64_t nr_frames);

/* build.c. Reset the devices of a machine to their power-on state. */
void vm_devices_init(struct vm *vm);

/* run.c. Thread function of a vCPU (arg: the struct vm_vcpu). */
void vm_vcpu_main(void *arg);

/* End the run. True for the first caller, which decides how and reports why. Any context. */
bool vm_stop(struct vm *vm, enum vm_state how);

/* --- console.c -------------------------------------------------------------------------------- */

/* Take a typed byte, for which there is room (ctx: the struct vm). Interrupt context. */
void vm_input(void *ctx, uint8_t byte);

/* Return the room for input in bytes. Any context. */
size_t vm_input_room(void *ctx);

/* Give the UART a typed byte, if there is one (ctx: the struct vm). Any context. */
bool vm_input_receive(void *ctx, uint8_t *byte);

/* Handle SBI console calls: fill in exit->sbi.error and value. May sleep. */
void vm_console_call(struct vm *vm, struct vcpu_exit *exit);

/* Legacy getchar: return a typed byte, or -1. */
int vm_console_getchar(struct vm *vm);

/* flash.c */
int vm_flash_init(struct vm *vm, unsigned bank, const char **problem) MUST_CHECK;
void vm_flash_fini(struct vm *vm, unsigned bank);
int vm_flash_map(struct vm *vm, unsigned bank) MUST_CHECK; /* into the G-stage */

#endif
