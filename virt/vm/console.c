/*
 * The console of a machine: buffered input, and the SBI console calls.
 */
#include "internal.h"

#include <string/string.h>
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
    uint64_t flags = spin_lock_irqsave(&vm->input_lock);

    if (vm->input_count < VCONSOLE_INPUT_SIZE) {
        vm->input[(vm->input_head + vm->input_count) % VCONSOLE_INPUT_SIZE] = byte;
        WRITE_ONCE(vm->input_count, vm->input_count + 1);
    }
    spin_unlock_irqrestore(&vm->input_lock, flags);
    if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_RUNNING && vm->config.has_uart)
        vuart_poll(&vm->uart);
}

/* Remove the oldest byte; the buffer is not empty. */
static uint8_t input_pop(struct vm *vm) REQUIRES(&vm->input_lock)
{
    const uint8_t byte = vm->input[vm->input_head];

    vm->input_head = (vm->input_head + 1) % VCONSOLE_INPUT_SIZE;
    WRITE_ONCE(vm->input_count, vm->input_count - 1);
    return byte;
}

/* Take up to nr_bytes of input; returns how many. */
static size_t input_take(struct vm *vm, uint8_t *bytes, size_t nr_bytes)
{
    size_t n = 0;
    uint64_t flags = spin_lock_irqsave(&vm->input_lock);

    while (n < nr_bytes && vm->input_count)
        bytes[n++] = input_pop(vm);
    spin_unlock_irqrestore(&vm->input_lock, flags);
    if (n)
        vconsole_room_made();
    else
        vconsole_show(&vm->console); /* it polls for input */
    return n;
}

bool vm_input_receive(void *ctx, uint8_t *byte)
{
    struct vm *vm = ctx;

    /* vm_input() notifies the UART of a byte that arrives after this check. */
    if (UNLOCKED(READ_ONCE(vm->input_count), "looked at again, locked") == 0)
        return false;
    const uint64_t flags = spin_lock_irqsave(&vm->input_lock);
    const bool is_there = vm->input_count != 0;

    if (is_there)
        *byte = input_pop(vm);
    spin_unlock_irqrestore(&vm->input_lock, flags);
    if (is_there)
        vconsole_room_made();
    return is_there;
}

int vm_console_getchar(struct vm *vm)
{
    uint8_t byte;

    return input_take(vm, &byte, 1) ? byte : -1;
}

/* --- debug console ---------------------------------------------------------------------------- */

#define CONSOLE_CHUNK 128ul  /* bytes moved with interrupts masked */
#define CONSOLE_MAX   4096ul /* bytes per call; the guest is told how many were moved */

/* Check the whole buffer before moving a byte; the part beyond CONSOLE_MAX only has to be
 * memory. */
static bool map_buffer(struct vm *vm, struct vcpu_exit *exit, uint32_t right,
                       struct gstage_map *map)
{
    const uint64_t size = exit->sbi.args[0];
    gpa_t gpa;

    exit->sbi.error = vsbi_buffer(size, exit->sbi.args[1], exit->sbi.args[2], &gpa);
    if (exit->sbi.error != SBI_SUCCESS)
        return false;
    const int err = gstage_is_memory(&vm->gstage, gpa, size, right)
                        ? gstage_map(&vm->gstage, gpa, MIN(size, CONSOLE_MAX), right, map)
                        : -EFAULT;

    if (err)
        exit->sbi.error = err == -EFAULT ? SBI_ERR_INVALID_PARAM : SBI_ERR_FAILED;
    return err == 0;
}

static void console_write_call(struct vm *vm, struct vcpu_exit *exit)
{
    char chunk[CONSOLE_CHUNK]; /* read it once: other harts may change the buffer */
    struct gstage_map map;
    uint64_t part;

    if (!map_buffer(vm, exit, VMA_READ, &map))
        return;
    exit->sbi.value = map.size;
    for (uint64_t done = 0; done < map.size; done += part) {
        const char *bytes = gstage_map_at(&map, done, &part);

        part = MIN(part, CONSOLE_CHUNK);
        memcpy(chunk, bytes, part);
        vconsole_write(&vm->console, chunk, part);
    }
    gstage_unmap(&map);
}

static void console_read_call(struct vm *vm, struct vcpu_exit *exit)
{
    struct gstage_map map;
    uint64_t part, done = 0;
    size_t taken;

    if (!map_buffer(vm, exit, VMA_WRITE, &map))
        return;
    while (done < map.size) {
        uint8_t *bytes = gstage_map_at(&map, done, &part);

        part = MIN(part, CONSOLE_CHUNK);
        taken = input_take(vm, bytes, part);
        done += taken;
        if (taken < part)
            break;
    }
    exit->sbi.value = done;
    gstage_unmap(&map);
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
