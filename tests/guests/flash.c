/*
 * A driver's view of a flash bank: reads it as memory, asks its CFI query, erases, programs, and
 * finds what it wrote after a reboot. The first word of the last block says which boot this is.
 */
#include "guest.h"

#define BANK       0x22000000ul
#define BANK_SIZE  0x2000000ul
#define BLOCK_SIZE 0x40000ul
#define LAST_BLOCK (BANK_SIZE - BLOCK_SIZE)
#define MARK       0x626f6f74u

static volatile uint32_t *at(unsigned long offset)
{
    return (volatile uint32_t *)(BANK + offset);
}

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    guest_printf("unexpected trap %lu at %lx, value %lx\n", cause, frame->x[0], value);
    guest_fail();
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

static void check(bool is_good, const char *what)
{
    if (is_good)
        return;
    guest_printf("flash: %s\n", what);
    guest_fail();
}

static void command(unsigned long offset, uint32_t cmd)
{
    *at(offset) = cmd | cmd << 16;
}

static void wait_ready(void)
{
    while ((*at(0) & 0x00800080) != 0x00800080) {
    }
    check((*at(0) & 0x00300030) == 0, "a command failed");
}

static void program(unsigned long offset, uint32_t value)
{
    command(offset, 0x40);
    *at(offset) = value;
    wait_ready();
    command(0, 0xff);
}

void guest_main(unsigned long hart, void *fdt)
{
    (void)hart;
    (void)fdt;
    if (*at(LAST_BLOCK) == MARK) {
        check(*at(LAST_BLOCK + 4) == 0x12345678, "what was programmed is gone");
        check(*at(0) == 0x736c6166 /* "fals" */, "the first word changed");
        guest_printf("flash: read, erased, programmed, and found again after a reboot\n");
        /* A bank passed through is no memory to the host, which must say so and not touch it. */
        if (sbi(SBI_DBCN, 0, 5, BANK, 0, 0, 0).error == -3)
            guest_printf("flash: the host refuses to read it\n");
        return;
    }
    check(*at(0) == 0x736c6166, "the first word is wrong");

    command(0x55 * 4, 0x98);
    check((*at(0x10 * 4) & 0xff) == 'Q' && (*at(0x11 * 4) & 0xff) == 'R', "no CFI answer");
    command(0, 0xff);

    command(LAST_BLOCK, 0x20);
    command(LAST_BLOCK, 0xd0);
    wait_ready();
    command(0, 0xff);
    check(*at(LAST_BLOCK) == 0xffffffff, "the block is not erased");
    program(LAST_BLOCK + 4, 0x12345678);
    check(*at(LAST_BLOCK + 4) == 0x12345678, "the word is not programmed");
    program(LAST_BLOCK, MARK);
    sbi(SBI_SRST, 0, 1, 0, 0, 0, 0);
}
