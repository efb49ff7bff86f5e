/*
 * Traps in kernel mode: fix-ups, registers across interrupts, floats across switches, interrupts
 * between CPUs, spinlocks.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/memory.h>
#include <arch/paging.h>
#include <arch/trap.h>
#include <irq/irq.h>
#include <ktest/ktest.h>
#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <thread/thread.h>
#include <time/time.h>

/* Reads a word, or returns false if that faults. */
static NOINLINE bool try_read(uintptr_t addr, uint64_t *value)
{
    long ok = 0;
    uint64_t got = 0;

    __asm__ volatile("1: ld %1, 0(%2)\n\t"
                     "li %0, 1\n"
                     "2:\n\t"
                     ".pushsection ex_table, \"a\"\n\t"
                     ".balign 4\n\t"
                     ".word 1b - ., 2b - .\n\t"
                     ".popsection"
                     : "+r"(ok), "+r"(got)
                     : "r"(addr)
                     : "memory");
    *value = got;
    return ok != 0;
}

KTEST(trap_fixup)
{
    uint64_t word = 77;
    uint64_t value = 0;

    KTEST_EXPECT(try_read((uintptr_t)&word, &value));
    KTEST_EXPECT_EQ(value, 77);
    KTEST_EXPECT(!try_read(0, &value));
    KTEST_EXPECT(!try_read(ARCH_USER_END - 8, &value));
    KTEST_EXPECT(!try_read(0x0000400000000000ul, &value)); /* not canonical */
    KTEST_EXPECT(!try_read(arch_current()->stack_base - 8, &value));
    KTEST_EXPECT(arch_irq_is_enabled());
}

/*
 * Fills every register that a function may use with a value of its own, waits in a loop while timer
 * interrupts come and other threads run, and compares. s0 (frame pointer), sp, tp, gp stay; returns
 * a mask of damaged registers.
 */
static NOINLINE uint64_t spin_with_registers(volatile uint64_t *flag, uint64_t salt)
{
    register uint64_t a0 __asm__("a0") = salt;
    register volatile uint64_t *a1 __asm__("a1") = flag;

    __asm__ volatile(
        "addi sp, sp, -16\n sd a0, 0(sp)\n"
        ".irp r, t0, t1, t2, s1, a2, a3, a4, a5, a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6\n"
        "addi a0, a0, 13\n mv \\r, a0\n"
        ".endr\n"
        "1: ld a0, 0(a1)\n beqz a0, 1b\n"
        "ld a0, 0(sp)\n sd zero, 8(sp)\n"
        ".irp r, t0, t1, t2, s1, a2, a3, a4, a5, a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6\n"
        "addi a0, a0, 13\n"
        "beq \\r, a0, 2f\n"
        "sd a0, 8(sp)\n"
        "2:\n"
        ".endr\n"
        "ld a0, 8(sp)\n addi sp, sp, 16\n"
        : "+r"(a0), "+r"(a1)
        :
        : "memory", "t0", "t1", "t2", "s1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4",
          "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6");
    return a0;
}

#define NR_SPINNERS 6

static volatile uint64_t spin_is_over;
static uint64_t nr_damaged; /* [a] */

static void spinner(void *arg)
{
    if (spin_with_registers(&spin_is_over, (uintptr_t)arg * 0x0101010101010101ul) != 0)
        __atomic_fetch_add(&nr_damaged, 1, __ATOMIC_RELAXED);
}

static uint64_t nr_fired; /* [a] */

static void fire(struct timer *timer)
{
    if (__atomic_add_fetch(&nr_fired, 1, __ATOMIC_RELAXED) < 200)
        timer_arm_after(timer, 50 * NS_PER_USEC);
    else
        spin_is_over = 1;
}

KTEST(trap_registers_survive_interrupts)
{
    static struct timer timer;
    struct thread *threads[NR_SPINNERS];

    spin_is_over = 0;
    nr_damaged = 0;
    nr_fired = 0;
    timer_init(&timer, fire);
    for (uintptr_t i = 0; i < NR_SPINNERS; i++) {
        threads[i] = thread_create(spinner, (void *)(i + 1), "spinner", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    timer_arm_after(&timer, 50 * NS_PER_USEC);
    for (unsigned i = 0; i < NR_SPINNERS; i++)
        thread_join(threads[i]);
    timer_cancel_sync(&timer);
    KTEST_EXPECT_EQ(nr_damaged, 0);
    KTEST_EXPECT_EQ(nr_fired, 200);
}

/* --- floats ----------------------------------------------------------------------------------- */

#define FLOATS                                                                                     \
    "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

static void floats_set(uint64_t salt)
{
    register uint64_t a0 __asm__("a0") = salt;

    __asm__ volatile(".option push\n .option arch, +d\n"
                     ".irp n, " FLOATS "\n addi a0, a0, 7\n fmv.d.x f\\n, a0\n .endr\n"
                     "fscsr zero\n"
                     ".option pop\n"
                     : "+r"(a0)
                     :
                     : "memory");
}

static bool floats_are(uint64_t salt)
{
    register uint64_t a0 __asm__("a0") = salt;
    register uint64_t bad __asm__("a1") = 0;

    __asm__ volatile(
        ".option push\n .option arch, +d\n"
        ".irp n, " FLOATS
        "\n addi a0, a0, 7\n fmv.x.d a2, f\\n\n xor a2, a2, a0\n or a1, a1, a2\n .endr\n"
        ".option pop\n"
        : "+r"(a0), "+r"(bad)
        :
        : "memory", "a2");
    return bad == 0;
}

#define NR_FLOATERS 5
#define NR_ROUNDS   300

static uint64_t nr_wrong; /* [a] */

static void floater(void *arg)
{
    struct arch_fpu_state state = {0};
    struct arch_thread *self = arch_current();
    uint64_t salt = (uintptr_t)arg << 32;

    self->fpu.state = &state;
    for (uint64_t round = 0; round < NR_ROUNDS; round++) {
        floats_set(salt + round * 1000);
        if (round % 3 != 0)
            thread_yield();
        else
            time_delay_ns(20 * NS_PER_USEC); /* be preempted, perhaps */
        if (!floats_are(salt + round * 1000))
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        /* Read again without a write in between: the registers are clean now. */
        thread_yield();
        if (!floats_are(salt + round * 1000))
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
    }
    arch_fpu_save(self);
    if (state.f[0] != salt + (NR_ROUNDS - 1) * 1000 + 7)
        __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
    state.f[5] = 4711;
    state.fcsr = 0;
    arch_fpu_reload(self);
    uint64_t f5;

    __asm__ volatile(".option push\n .option arch, +d\n fmv.x.d %0, f5\n .option pop" : "=r"(f5));
    if (f5 != 4711)
        __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
    arch_fpu_forget(self);
    self->fpu.state = NULL;
}

KTEST(fpu_survives_switches)
{
    struct thread *threads[NR_FLOATERS];

    if (!arch_has(ARCH_FEATURE_FD))
        KTEST_SKIP("no double floats");
    nr_wrong = 0;
    for (uintptr_t i = 0; i < NR_FLOATERS; i++) {
        threads[i] = thread_create(floater, (void *)(i + 1), "floater", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (unsigned i = 0; i < NR_FLOATERS; i++)
        thread_join(threads[i]);
    KTEST_EXPECT_EQ(nr_wrong, 0);
}

/* --- between CPUs ----------------------------------------------------------------------------- */

static cpumask_t called; /* [a] */

static void note_cpu(void *ctx)
{
    KTEST_EXPECT(!arch_irq_is_enabled());
    __atomic_fetch_or(&called, 1ull << cpu_index(), __ATOMIC_RELAXED);
}

KTEST(ipi_call_reaches_every_cpu)
{
    for (unsigned round = 0; round < 200; round++) {
        called = 0;
        ipi_call(cpus_online, note_cpu, NULL);
        if (!KTEST_EXPECT_EQ(called, cpus_online))
            return;
    }
}

static struct spinlock counter_lock = SPINLOCK_INIT("counter");
static uint64_t counter GUARDED_BY(&counter_lock);

static void count_up(void *arg)
{
    for (unsigned i = 0; i < 20000; i++) {
        if (i % 16 == 0 && spin_trylock(&counter_lock)) {
            counter = READ_ONCE(counter) + 1;
            spin_unlock(&counter_lock);
            continue;
        }
        unsigned long flags = spin_lock_irqsave(&counter_lock);

        counter = READ_ONCE(counter) + 1;
        spin_unlock_irqrestore(&counter_lock, flags);
    }
}

KTEST(spinlock_excludes)
{
    struct thread *threads[4];
    uint64_t counted;

    UNLOCKED_DO(counter = 0, "the threads are made later");
    for (unsigned i = 0; i < 4; i++) {
        threads[i] = thread_create(count_up, NULL, "count", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (unsigned i = 0; i < 4; i++)
        thread_join(threads[i]);
    counted = UNLOCKED(counter, "the threads have ended");
    KTEST_EXPECT_EQ(counted, 80000);
    KTEST_EXPECT(!spin_is_locked(&counter_lock));
    KTEST_EXPECT(!preempt_is_disabled());
}

/* --- the hart --------------------------------------------------------------------------------- */

KTEST(cpu_isa_strings)
{
    KTEST_EXPECT_EQ(arch_features_parse("rv64imafdch_zicsr_zbb_sstc"),
                    BIT(ARCH_FEATURE_FD) | BIT(ARCH_FEATURE_H) | BIT(ARCH_FEATURE_ZBB) |
                        BIT(ARCH_FEATURE_SSTC));
    KTEST_EXPECT_EQ(arch_features_parse("rv64gcv_zba_zicboz"),
                    BIT(ARCH_FEATURE_FD) | BIT(ARCH_FEATURE_V) | BIT(ARCH_FEATURE_ZICBOZ));
    KTEST_EXPECT_EQ(arch_features_parse("rv64imac_sstcx_xsstc_zb"), 0);
    KTEST_EXPECT_EQ(arch_features_parse(""), 0);
    KTEST_EXPECT_EQ(arch_features_parse("rv64"), 0);
    KTEST_EXPECT_EQ(arch_features_parse("_"), 0);
    KTEST_EXPECT_EQ(arch_features_parse("sstc"), BIT(ARCH_FEATURE_SSTC));
    KTEST_EXPECT_EQ(arch_features_parse("i"), 0);
}

KTEST(cpu_asids_are_a_power_of_two)
{
    unsigned count = arch_asid_count();

    KTEST_EXPECT(count != 0 && (count & (count - 1)) == 0);
    KTEST_EXPECT_EQ(arch_asid_count(), count);
}
