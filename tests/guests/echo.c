/*
 * Prints what is typed, a line at a time, until the line "end". With "late" in its bootargs it does
 * not look for two seconds first.
 */
#include "guest.h"

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    guest_printf("unexpected trap %lu at %lx, value %lx\n", cause, frame->x[0], value);
    guest_fail();
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

/* The tree is searched as bytes. */
static bool is_late(const char *tree)
{
    for (unsigned i = 0; i < 4096; i++)
        if (tree[i] == 'l' && tree[i + 1] == 'a' && tree[i + 2] == 't' && tree[i + 3] == 'e')
            return true;
    return false;
}

static void pause(void)
{
    unsigned long start, now;

    __asm__ volatile("rdtime %0" : "=r"(start));
    do {
        __asm__ volatile("rdtime %0" : "=r"(now));
    } while (now - start < 20000000);
}

void guest_main(unsigned long hart, void *fdt)
{
    char text[64];
    unsigned length = 0;

    (void)hart;
    guest_printf("echo: ready\n");
    if (is_late(fdt))
        pause();
    for (;;) {
        const long c = sbi(2, 0, 0, 0, 0, 0, 0).error;

        if (c < 0)
            continue;
        if (c != '\r' && c != '\n') {
            if (length < sizeof(text) - 1)
                text[length++] = (char)c;
            continue;
        }
        text[length] = 0;
        length = 0;
        guest_printf("echo: [%s]\n", text);
        if (text[0] == 'e' && text[1] == 'n' && text[2] == 'd' && text[3] == 0)
            return;
    }
}
