/*
 * The console of a machine: what was typed for it, and its SBI calls.
 */
#include "internal.h"

#include <vsbi/vsbi.h>

/* --- input ------------------------------------------------------------------------------------ */

size_t vm_input_room(void *ctx)
{
    const struct vm *vm = ctx;

    return VCONSOLE_INPUT_SIZE -
           UNLOCKED(READ_ONCE(vm->input_count), "only vm_input() makes it more");
}

void vm_input(void *ctx, uint8_t byte)
{
    struct vm *vm = ctx;
    uint64_t flags = spin_lock_irqsave(&vm->device_lock);

    if (vm->input_count < VCONSOLE_INPUT_SIZE)
        vm->input[(vm->input_head + vm->input_count++) % VCONSOLE_INPUT_SIZE] = byte;
    if (READ_ONCE(vm->state) == VM_RUNNING && vm->config.has_uart)
        vm_input_feed(vm);
    spin_unlock_irqrestore(&vm->device_lock, flags);
}

/* There is a byte. */
static uint8_t input_pop(struct vm *vm) REQUIRES(&vm->device_lock)
{
    const uint8_t byte = vm->input[vm->input_head];

    vm->input_head = (vm->input_head + 1) % VCONSOLE_INPUT_SIZE;
    WRITE_ONCE(vm->input_count, vm->input_count - 1);
    return byte;
}

void vm_input_feed(struct vm *vm)
{
    bool is_fed = false;

    for (; vm->input_count && vm->uart.rx_count < VUART_RX_FIFO; is_fed = true)
        (void)vuart_receive(&vm->uart, input_pop(vm));
    if (is_fed)
        vconsole_room_made();
}

/* Up to nr_bytes of what was typed; how many there were. */
static size_t input_take(struct vm *vm, uint8_t *bytes, size_t nr_bytes)
{
    size_t n = 0;
    uint64_t flags = spin_lock_irqsave(&vm->device_lock);

    while (n < nr_bytes && vm->input_count)
        bytes[n++] = input_pop(vm);
    spin_unlock_irqrestore(&vm->device_lock, flags);
    if (n)
        vconsole_room_made();
    else
        vconsole_show(&vm->console); /* it waits for input */
    return n;
}

int vm_console_getchar(struct vm *vm)
{
    uint8_t byte;

    return input_take(vm, &byte, 1) ? byte : -1;
}

/* --- debug console ---------------------------------------------------------------------------- */

#define CONSOLE_CHUNK 128
#define CONSOLE_MAX   4096 /* of one call; the guest is told how much was moved */

/* The whole buffer is looked at before a byte is moved. */
static bool find_buffer(struct vm *vm, struct vcpu_exit *exit, uint32_t right, gpa_t *gpa)
{
    const uint64_t size = exit->sbi.args[0];

    exit->sbi.error = vsbi_buffer(size, exit->sbi.args[1], exit->sbi.args[2], gpa);
    if (exit->sbi.error == SBI_SUCCESS && !gstage_is_memory(&vm->gstage, *gpa, size, right))
        exit->sbi.error = SBI_ERR_INVALID_PARAM;
    return exit->sbi.error == SBI_SUCCESS;
}

static void console_write_call(struct vm *vm, struct vcpu_exit *exit)
{
    const uint64_t size = MIN(exit->sbi.args[0], (uint64_t)CONSOLE_MAX);
    char chunk[CONSOLE_CHUNK];
    uint64_t done = 0;
    gpa_t gpa;

    if (!find_buffer(vm, exit, VMA_READ, &gpa))
        return;
    while (done < size) {
        const uint64_t part = MIN(size - done, (uint64_t)CONSOLE_CHUNK);

        if (gstage_read(&vm->gstage, GPA(gpa.v + done), chunk, part) != 0) {
            if (done == 0)
                exit->sbi.error = SBI_ERR_INVALID_PARAM;
            break;
        }
        vconsole_write(&vm->console, chunk, part);
        done += part;
    }
    exit->sbi.value = done;
}

static void console_read_call(struct vm *vm, struct vcpu_exit *exit)
{
    const uint64_t size = MIN(exit->sbi.args[0], (uint64_t)CONSOLE_MAX);
    uint8_t chunk[CONSOLE_CHUNK];
    uint64_t done = 0;
    size_t part = CONSOLE_CHUNK;
    gpa_t gpa;

    if (!find_buffer(vm, exit, VMA_WRITE, &gpa))
        return;
    while (part == CONSOLE_CHUNK && done < size) {
        const gpa_t to = GPA(gpa.v + done);
        const size_t wanted = MIN(size - done, (uint64_t)CONSOLE_CHUNK);

        /* Its pages first: then the copy cannot fail, and what is taken arrives. */
        int err = gstage_populate(&vm->gstage, to, wanted);

        part = err ? 0 : input_take(vm, chunk, wanted);
        if (!err)
            err = gstage_write(&vm->gstage, to, chunk, part);
        if (err && done == 0)
            exit->sbi.error = SBI_ERR_FAILED;
        if (err)
            break;
        done += part;
    }
    exit->sbi.value = done;
}

void vm_console_call(struct vm *vm, struct vcpu_exit *exit)
{
    const char c = (char)exit->sbi.args[0];

    switch (exit->sbi.function) {
    case SBI_DBCN_WRITE:
        console_write_call(vm, exit);
        break;
    case SBI_DBCN_READ:
        console_read_call(vm, exit);
        break;
    case SBI_DBCN_WRITE_BYTE:
        vconsole_write(&vm->console, &c, 1);
        exit->sbi.error = SBI_SUCCESS;
        break;
    default:
        break;
    }
}
