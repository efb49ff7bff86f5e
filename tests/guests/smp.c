/*
 * Four harts at once: started by HSM, they send each other interrupts and remote fences in all
 * directions, set timers and wait for them, and stop. Nothing may be lost, and it must end.
 */
#include "guest.h"

#define NR_HARTS  4
#define NR_ROUNDS 200
#define NR_FENCES                                                                                  \
    60 /* bare on OpenSBI, every one takes milliseconds where harts share processors */

#define SIE_SOFTWARE (1ul << 1)
#define SIE_TIMER    (1ul << 5)

static char stacks[NR_HARTS][4096] __attribute__((aligned(16)));
static volatile unsigned nr_ready, nr_fenced, nr_done, nr_errors;
static volatile unsigned nr_ipis[NR_HARTS]; /* taken by each hart */
static volatile unsigned nr_timers[NR_HARTS];
static volatile unsigned token; /* whose turn in the ring */

static unsigned long this_hart(void)
{
    return csr_read(sscratch);
}

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    const unsigned long hart = this_hart();

    if (cause == ((1ul << 63) | 1)) {
        csr_clear(sip, 2);
        nr_ipis[hart]++;
    } else if (cause == ((1ul << 63) | 5)) {
        sbi(SBI_TIME, 0, ~0ul, 0, 0, 0, 0);
        nr_timers[hart]++;
    } else {
        guest_printf("hart %lu: unexpected trap %lx at %lx, value %lx\n", hart, cause, frame->x[0],
                     value);
        guest_fail();
    }
}

static void wait_for(volatile unsigned *counter, unsigned value)
{
    while (*counter < value) {
    }
}

/* The token goes round: each hart wakes the next from wfi by an interrupt. */
static void ring(unsigned long hart)
{
    for (unsigned round = 0; round < NR_ROUNDS; round++) {
        const unsigned turn = round * NR_HARTS + (unsigned)hart;

        while (token != turn) {
            csr_clear(sstatus, 2);
            if (token != turn)
                __asm__ volatile("wfi");
            csr_set(sstatus, 2);
        }
        token = turn + 1;
        __asm__ volatile("fence" ::: "memory");
        if (sbi(SBI_IPI, 0, 1ul << (hart + 1) % NR_HARTS, 0, 0, 0, 0).error != 0)
            nr_errors++;
    }
}

/* Everybody fences everybody at the same time. */
static void fences(unsigned long hart)
{
    for (unsigned round = 0; round < NR_FENCES; round++) {
        const unsigned long mask = round % 3 == 0 ? ~0ul : (1ul << NR_HARTS) - 1;
        const unsigned long base = round % 3 == 0 ? ~0ul : 0;

        if (sbi(SBI_RFENCE, round % 3, mask, base, 0x80200000 + hart * 4096, 8192, 0).error != 0)
            nr_errors++;
    }
}

static unsigned long now(void)
{
    unsigned long n;

    __asm__ volatile("rdtime %0" : "=r"(n));
    return n;
}

static void timers(unsigned long hart)
{
    for (unsigned round = 0; round < 20; round++) {
        const unsigned seen = nr_timers[hart];
        const unsigned long deadline = now() + 1000;

        sbi(SBI_TIME, 0, deadline, 0, 0, 0, 0);
        while (nr_timers[hart] == seen) {
            csr_clear(sstatus, 2);
            if (nr_timers[hart] == seen)
                __asm__ volatile("wfi");
            csr_set(sstatus, 2);
        }
        if (now() < deadline)
            nr_errors++;
    }
}

static void work(unsigned long hart)
{
    csr_write(sscratch, hart);
    csr_write(sie, SIE_SOFTWARE | SIE_TIMER);
    csr_set(sstatus, 2);
    __atomic_fetch_add(&nr_ready, 1, __ATOMIC_SEQ_CST);
    wait_for(&nr_ready, NR_HARTS);
    ring(hart);
    fences(hart);
    /*
     * None stops while another may still wait for its fence: OpenSBI 1.1 loses a request to a hart
     * that stops before it has seen it, and the sender waits for ever.
     */
    __atomic_fetch_add(&nr_fenced, 1, __ATOMIC_SEQ_CST);
    wait_for(&nr_fenced, NR_HARTS);
    timers(hart);
    __atomic_fetch_add(&nr_done, 1, __ATOMIC_SEQ_CST);
}

void guest_hart(unsigned long hart)
{
    work(hart);
    csr_clear(sstatus, 2);
    sbi(SBI_HSM, 1, 0, 0, 0, 0, 0);
}

void guest_main(unsigned long hart, void *fdt)
{
    (void)fdt;
    for (unsigned long n = 0; n < NR_HARTS; n++)
        if (n != hart && sbi(SBI_HSM, 0, n, (unsigned long)guest_hart_entry,
                             (unsigned long)&stacks[n][sizeof(stacks[n])], 0, 0)
                                 .error != 0)
            nr_errors++;
    if (sbi(SBI_HSM, 0, hart, (unsigned long)guest_hart_entry, 0, 0, 0).error == 0)
        nr_errors++; /* it runs already */
    work(hart);
    wait_for(&nr_done, NR_HARTS);
    for (unsigned long n = 0; n < NR_HARTS; n++) {
        while (n != hart && sbi(SBI_HSM, 2, n, 0, 0, 0, 0).value != 1) {
        }
    }
    guest_printf("smp: %d harts, ring of %u, %u timers, %u errors\n", NR_HARTS, token,
                 nr_timers[0] + nr_timers[1] + nr_timers[2] + nr_timers[3], nr_errors);
}
