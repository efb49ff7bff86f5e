/*
 * u3: the second bank of parallel flash, first as plain memory without any driver, then through the
 * driver.
 *
 * The first boot erases a block, programs a note into it and restarts the machine. The second boot
 * finds the note: memory would have been fresh, flash is not. Where the flash cannot be written (a
 * hypervisor may map it for its guest read-only), reading it is all there is to show.
 */
#include <app/app.h>
#include <arch/paging.h>
#include <base/errno.h>
#include <console/console.h>
#include <kmap/kmap.h>
#include <pflash/pflash.h>
#include <platform/boot_info.h>
#include <power/power.h>
#include <printf/printf.h>
#include <string/string.h>

#define TEXT_MAX 64

static const char note[] = "Trine was here before the reboot";

static void say(const char *format, ...) PRINTF_LIKE(1, 2);
static void say(const char *format, ...)
{
    char line[160];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, (size_t)MIN(length, (int)sizeof(line) - 1));
}

/* The bank with the highest number of the two: 1, or 0 where there is only one. */
static int find_bank(unsigned *bank, paddr_t *pa, uint64_t *size)
{
    struct fdt_node node;

    if (fdt_find_compatible(&boot_info.fdt, 0, "cfi-flash", &node) != 0)
        return -ENODEV;
    for (int i = 1; i >= 0; i--) {
        *bank = (unsigned)i;
        if (fdt_reg_phys(&boot_info.fdt, &node, (unsigned)i, pa, size) == 0)
            return *size >= PAGE_SIZE ? 0 : -ENODEV;
    }
    return -ENODEV;
}

/* What is written at the start of the bank, up to the first byte that is no text. */
static void copy_text(char text[TEXT_MAX], const char *from)
{
    size_t n = 0;

    while (n < TEXT_MAX - 1 && char_is_printable(from[n])) {
        text[n] = from[n];
        n++;
    }
    text[n] = '\0';
}

/* Part one: one page of the bank, mapped read-only. No driver has touched it yet. */
static int read_as_memory(paddr_t pa)
{
    char text[TEXT_MAX];
    char *memory = kmap_range(pa, PAGE_SIZE, PT_R);

    if (!memory)
        return -ENOMEM;
    copy_text(text, memory);
    kmap_unmap(memory, PAGE_SIZE);
    if (text[0] == '\0')
        say("the bank at %#lx holds no text\n", (unsigned long)pa.v);
    else
        say("the bank at %#lx says \"%s\"\n", (unsigned long)pa.v, text);
    return 0;
}

/*
 * Part two: has an earlier boot left its note in the block at offset? If not, leave one and
 * restart.
 */
static int leave_a_note(unsigned bank, uint64_t offset, uint32_t block_bytes)
{
    char found[sizeof(note)];

    int err = pflash_read(bank, offset, found, sizeof(found));
    if (err != 0)
        return err;
    if (memcmp(found, note, sizeof(note)) == 0) {
        say("u3: after the reboot the flash says \"%s\"\n", note);
        return 0;
    }
    say("erasing %u KiB at offset %#lx, programming %u bytes, rebooting\n", block_bytes / 1024,
        (unsigned long)offset, (unsigned)sizeof(note));
    err = pflash_erase(bank, offset, block_bytes);
    if (err == 0)
        err = pflash_program(bank, offset, note, sizeof(note));
    if (err != 0)
        return err;
    power_reboot();
}

int app_main(void)
{
    struct pflash_info info;
    unsigned bank;
    paddr_t pa;
    uint64_t size;

    int err = find_bank(&bank, &pa, &size);
    if (err != 0) {
        say("u3: no pflash\n");
        return err;
    }
    err = read_as_memory(pa);
    if (err != 0)
        return err;

    err = pflash_bank_info(bank, &info);
    if (err != 0)
        return err;
    if (!info.is_writable || info.nr_regions == 0) {
        say("u3: this flash can be read, but not written\n");
        return 0;
    }
    say("%u chips on a bus of %u bytes, %u blocks of %u KiB\n", info.nr_chips, info.bus_bytes,
        info.regions[0].nr_blocks, info.regions[0].block_bytes / 1024);
    /* Block 1: the text at the start of block 0 stays. */
    err = leave_a_note(bank, info.regions[0].block_bytes, info.regions[0].block_bytes);
    if (err != 0)
        say("u3: error %d\n", -err);
    return err;
}
