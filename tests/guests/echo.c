/*
 * Prints what is typed, a line at a time, until the line "end".
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

void guest_main(unsigned long hart, void *fdt)
{
    char text[64];
    unsigned length = 0;

    (void)hart;
    (void)fdt;
    guest_printf("echo: ready\n");
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
