/*
 * The neighbour: computes and prints the same lines whatever happens next door.
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

static bool is_prime(unsigned n)
{
    for (unsigned d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

void guest_main(unsigned long hart, void *fdt)
{
    unsigned nr_primes = 0;

    (void)hart;
    (void)fdt;
    for (unsigned n = 0; n < 10 * 2000; n++) {
        nr_primes += is_prime(n);
        if (n % 2000 == 1999)
            guest_printf("%u primes below %u\n", nr_primes, n + 1);
    }
}
