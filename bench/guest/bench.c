/*
 * What virtualisation costs a guest, in instructions of the whole machine as the guest counts them.
 * Runs bare on OpenSBI as well, for comparison. Under -icount two runs agree.
 */
#include "guest.h"

#define NR_ROUNDS 200
#define NR_PAGES  2048

#define SCAUSE_SOFTWARE ((1ul << 63) | 1)
#define SCAUSE_TIMER    ((1ul << 63) | 5)

static volatile unsigned long nr_interrupts;
static volatile unsigned long interrupt_instret;

static inline unsigned long instret(void)
{
    unsigned long n;

    __asm__ volatile("rdinstret %0" : "=r"(n)::"memory");
    return n;
}

static inline unsigned long now(void)
{
    unsigned long n;

    __asm__ volatile("rdtime %0" : "=r"(n)::"memory");
    return n;
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    interrupt_instret = instret();
    if (cause == SCAUSE_SOFTWARE) {
        csr_clear(sip, 2);
    } else if (cause == SCAUSE_TIMER) {
        csr_clear(sie, 1ul << 5);
    } else {
        guest_printf("unexpected trap %lx at %lx, value %lx\n", cause, frame->x[0], value);
        guest_fail();
    }
    nr_interrupts++;
}

static void report(const char *name, unsigned long total, unsigned long n)
{
    guest_printf("BENCH %s %lu instructions\n", name, (total + n / 2) / n);
}

/* Least of the rounds: what is left out is the first round's faults and the host's own
 * interrupts. */
#define MEASURE(name, statement)                                                                   \
    do {                                                                                           \
        unsigned long best = ~0ul;                                                                 \
        for (int round = 0; round < NR_ROUNDS; round++) {                                          \
            const unsigned long start = instret();                                                 \
            statement;                                                                             \
            const unsigned long took = instret() - start;                                          \
            best = took < best ? took : best;                                                      \
        }                                                                                          \
        report(name, best, 1);                                                                     \
    } while (0)

static void measure_calls(void)
{
    MEASURE("guest.sbi_base", sbi(SBI_BASE, 0, 0, 0, 0, 0, 0));
    MEASURE("guest.sbi_probe", sbi(SBI_BASE, 3, SBI_TIME, 0, 0, 0, 0));
    MEASURE("guest.set_timer", sbi(SBI_TIME, 0, now() + 1000000000, 0, 0, 0, 0));
    MEASURE("guest.rfence_self", sbi(SBI_RFENCE, 1, 1, 0, 0, ~0ul, 0));
    csr_set(sie, 2);
    csr_set(sstatus, 2);
    MEASURE("guest.ipi_self", sbi(SBI_IPI, 0, 1, 0, 0, 0, 0));
    csr_clear(sstatus, 2);
}

/* From arming a timer that is due to the first instruction of the handler's C code. */
static void measure_timer(void)
{
    const unsigned long settled = now() + 100000;
    unsigned long best = ~0ul;

    /* 10 ms: the time slices that the host gave out while it started its guests have ended. */
    while (now() < settled) {
    }
    csr_set(sstatus, 2);
    for (int round = 0; round < NR_ROUNDS; round++) {
        const unsigned long seen = nr_interrupts;
        const unsigned long tick = now();
        unsigned long next;

        while ((next = now()) == tick) {
        }
        const unsigned long start = instret(); /* a few instructions after the clock moved on */

        sbi(SBI_TIME, 0, next + 20, 0, 0, 0, 0);
        csr_set(sie, 1ul << 5);
        while (nr_interrupts == seen) {
        }
        /* 20 ticks of 100 ns are 2000 instructions under -icount; the rest is the way here. */
        const unsigned long took = interrupt_instret - start;

        best = took < best ? took : best;
    }
    csr_clear(sstatus, 2);
    sbi(SBI_TIME, 0, ~0ul, 0, 0, 0, 0);
    report("guest.timer_interrupt", best > 2000 ? best - 2000 : 0, 1);
}

#define UART_SCRATCH ((volatile uint8_t *)0x10000007ul)

static void measure_device(void)
{
    MEASURE("guest.device_write", *UART_SCRATCH = 1);
    MEASURE("guest.device_read", (void)*UART_SCRATCH);
}

static char *const memory = (char *)0x81000000ul; /* within 32 MiB of RAM, touched by nobody yet */

static void measure_touch(void)
{
    const unsigned long start = instret();

    for (unsigned long i = 0; i < NR_PAGES; i++)
        *(volatile char *)(memory + i * 4096) = 1;
    report("guest.touch_page", instret() - start, NR_PAGES);
}

static void measure_compute(void)
{
    unsigned long x = 1;
    const unsigned long start = instret();

    for (int i = 0; i < 1000000; i++)
        __asm__ volatile("addi %0, %0, 1\n\taddi %0, %0, 2\n\txori %0, %0, 5\n\tslli %0, %0, 1\n\t"
                         "addi %0, %0, 3\n\txori %0, %0, 7"
                         : "+r"(x));
    report("guest.compute_1000", instret() - start, 1000);
}

void guest_main(unsigned long hart, void *fdt)
{
    (void)hart;
    (void)fdt;
    csr_write(sie, 0);
    measure_calls();
    measure_device();
    measure_timer();
    measure_touch();
    measure_compute();
}
