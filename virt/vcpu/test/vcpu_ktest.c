/*
 * vCPUs on threads that are not theirs: loaded by one after another, on any CPU, two by one in
 * turn, by threads with floats of their own; and what others ask of one that nobody has loaded.
 */
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <ktest/ktest.h>
#include <percpu/percpu.h>
#include <string/string.h>
#include <thread/thread.h>
#include <vcpu/vcpu.h>
#include <vsbi/vsbi.h>

#define RAM    0x80000000ul
#define DEVICE 0x10000000ul

/*
 * The guest: counts, tells each number to the device, and keeps it in floats meanwhile. All ones: a
 * float was not what it had put there. wait: waits for its software interrupt before each number.
 */
extern const char guest_start[], guest_wait[], guest_end[];
__asm__(".section .rodata\n"
        ".option push\n.option norvc\n.option arch, +d\n"
        "guest_wait:\n"
        "    csrsi sie, 2\n"
        "    li s2, 1\n"
        "guest_start:\n"
        "    li s0, 0\n"
        "    li s1, 0x10000000\n"
        "1:  beqz s2, 2f\n"
        "    wfi\n"
        "    csrci sip, 2\n"
        "2:  addi s0, s0, 1\n"
        "    add t0, s0, a1\n"
        "    fmv.d.x f0, t0\n"
        "    fmv.d.x f5, t0\n"
        "    fmv.d.x f31, t0\n"
        "    sd t0, 0(s1)\n"
        "    fmv.x.d t1, f0\n"
        "    bne t0, t1, 3f\n"
        "    fmv.x.d t1, f5\n"
        "    bne t0, t1, 3f\n"
        "    fmv.x.d t1, f31\n"
        "    beq t0, t1, 1b\n"
        "3:  li t0, -1\n"
        "    sd t0, 0(s1)\n"
        "    j 3b\n"
        "guest_end:\n"
        ".option pop\n.previous\n");

static uint64_t nothing_read(struct vdev *dev, uint64_t offset, unsigned size)
{
    (void)dev, (void)offset, (void)size;
    return 0;
}

static void nothing_written(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    (void)dev, (void)offset, (void)size, (void)value;
}

static const struct vdev_ops device_ops = {.read = nothing_read, .write = nothing_written};

struct machine {
    struct gstage gstage;
    struct vdev device;
    struct vcpu_set set;
    struct vcpu vcpus[4];
};

static struct machine machine;

static void cpu_main(void *arg)
{
    (void)arg;
    arch_irq_disable();
    guest_cpu_init();
    arch_irq_enable();
}

/* The steps of a hypervisor's start. */
static bool boot(void)
{
    static bool is_done;

    for (unsigned cpu = 0; !is_done && cpu < cpu_count(); cpu++) {
        struct thread_attr attr = {.affinity = BIT(cpu)};
        struct thread *t = thread_create(cpu_main, NULL, "hext", &attr);

        if (!t)
            return false;
        thread_join(t);
    }
    if (!is_done) {
        vspace_boot();
        vcpu_boot();
    }
    is_done = true;
    return true;
}

static bool build(unsigned nr_vcpus, const char *entry)
{
    struct machine *m = &machine;

    memset(m, 0, sizeof(*m));
    m->device = (struct vdev){.name = "d", .base = GPA(DEVICE), .size = 8, .ops = &device_ops};
    m->set.gstage = &m->gstage;
    if (!boot() || gstage_init(&m->gstage) != 0 ||
        gstage_add_ram(&m->gstage, GPA(RAM), MIB(1)) != 0 ||
        gstage_add_device(&m->gstage, &m->device) != 0 ||
        gstage_write(&m->gstage, GPA(RAM), guest_wait, (size_t)(guest_end - guest_wait)) != 0)
        return false;
    for (unsigned i = 0; i < nr_vcpus; i++)
        if (vcpu_init(&m->vcpus[i], &m->set, VCPU_TIMER_TRAPPED) != 0 ||
            vcpu_hart_start(&m->vcpus[i], RAM + (uint64_t)(entry - guest_wait),
                            (i + 1) * 1000000ul) != 0)
            return false;
    return true;
}

static void unbuild(void)
{
    for (unsigned i = 0; i < machine.set.nr_vcpus; i++)
        vcpu_fini(&machine.vcpus[i]);
    gstage_destroy(&machine.gstage);
}

/* The number that the loaded vCPU tells next; 0: it did something else. */
static uint64_t next_number(struct vcpu *v)
{
    const struct vcpu_exit *exit;

    do {
        exit = vcpu_run(v);
    } while (exit->reason == VCPU_EXIT_INTERRUPTED);
    if (exit->reason != VCPU_EXIT_MMIO || exit->mmio.device != &machine.device)
        return 0;
    return exit->mmio.data;
}

static uint64_t number_of(unsigned vcpu, uint64_t n)
{
    return (vcpu + 1) * 1000000ul + n;
}

/* --- one vCPU, many threads ------------------------------------------------------------------- */

#define NR_ROUNDS 50

static uint64_t nr_told; /* by vCPU 0, before the thread that runs now */

static void run_a_little(void *arg)
{
    struct vcpu *v = arg;

    vcpu_load(v);
    for (int i = 0; i < 3; i++) {
        KTEST_EXPECT_EQ(next_number(v), number_of(0, ++nr_told));
        thread_yield();
    }
    vcpu_put(v);
}

KTEST(vcpu_is_run_by_one_thread_after_another)
{
    if (!guest_is_supported())
        KTEST_SKIP("no hypervisor extension");
    KTEST_REQUIRE(build(1, guest_start));
    nr_told = 0;
    for (unsigned i = 0; i < NR_ROUNDS; i++) {
        struct thread_attr attr = {.affinity = BIT(i % cpu_count())};
        struct thread *t = thread_create(run_a_little, &machine.vcpus[0], "runner", &attr);

        KTEST_REQUIRE(t != NULL);
        thread_join(t);
    }
    KTEST_EXPECT_EQ(nr_told, 3 * NR_ROUNDS);
    unbuild();
}

/* --- floats ----------------------------------------------------------------------------------- */

static void floats_set(uint64_t value)
{
    __asm__ volatile(".option push\n.option arch, +d\nfmv.d.x f0, %0\nfmv.d.x f5, %0\n"
                     "fmv.d.x f31, %0\n.option pop" ::"r"(value));
}

static bool floats_are(uint64_t value)
{
    uint64_t a, b, c;

    __asm__ volatile(".option push\n.option arch, +d\nfmv.x.d %0, f0\nfmv.x.d %1, f5\n"
                     "fmv.x.d %2, f31\n.option pop"
                     : "=r"(a), "=r"(b), "=r"(c));
    return a == value && b == value && c == value;
}

/* Runs two vCPUs in turn, with floats of its own that are newer in the registers or in memory. */
static void run_two_with_floats(void *arg)
{
    const unsigned first = (unsigned)(uintptr_t)arg;
    struct arch_thread *self = arch_current();
    struct arch_fpu_state state = {0};

    self->fpu.state = &state;
    for (uint64_t round = 1; round <= NR_ROUNDS; round++) {
        const uint64_t mine = (first + 1) * 0x100000000ul + round;

        floats_set(mine);
        for (unsigned i = first; i < first + 2; i++) {
            vcpu_load(&machine.vcpus[i]);
            KTEST_EXPECT_EQ(next_number(&machine.vcpus[i]), number_of(i, round));
            if (round % 3 == 0)
                thread_yield();
            vcpu_put(&machine.vcpus[i]);
            if (round % 2)
                KTEST_EXPECT(floats_are(mine));
        }
        thread_yield();
        KTEST_EXPECT(floats_are(mine));
    }
    arch_fpu_forget(self);
    self->fpu.state = NULL;
}

KTEST(vcpu_leaves_the_floats_of_its_thread)
{
    struct thread *threads[2];

    if (!guest_is_supported())
        KTEST_SKIP("no hypervisor extension");
    if (!arch_has(ARCH_FEATURE_FD))
        KTEST_SKIP("no floats");
    KTEST_REQUIRE(build(4, guest_start));
    for (unsigned i = 0; i < 2; i++) {
        threads[i] = thread_create(run_two_with_floats, (void *)(uintptr_t)(2 * i), "runner", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (unsigned i = 0; i < 2; i++)
        thread_join(threads[i]);
    unbuild();
}

/* --- what others ask -------------------------------------------------------------------------- */

KTEST(vcpu_is_told_of_what_came_before_it_was_loaded)
{
    struct vcpu *v = &machine.vcpus[0];

    if (!guest_is_supported())
        KTEST_SKIP("no hypervisor extension");
    KTEST_REQUIRE(build(1, guest_start));
    vcpu_interrupt(v);
    vcpu_load(v);
    KTEST_EXPECT_EQ(vcpu_run(v)->reason, VCPU_EXIT_INTERRUPTED);
    KTEST_EXPECT_EQ(next_number(v), number_of(0, 1));
    vcpu_put(v);
    vcpu_interrupt(v);
    vcpu_load(v);
    KTEST_EXPECT_EQ(vcpu_run(v)->reason, VCPU_EXIT_INTERRUPTED);
    KTEST_EXPECT_EQ(next_number(v), number_of(0, 2));
    vcpu_put(v);
    unbuild();
}

/* Work of the thread's owner ends the run, again and again until it is done. */
KTEST(vcpu_gives_way_to_its_threads_work)
{
    const uint32_t work = BIT(7);
    struct vcpu *v = &machine.vcpus[0];

    if (!guest_is_supported())
        KTEST_SKIP("no hypervisor extension");
    KTEST_REQUIRE(build(1, guest_start));
    vcpu_load(v);
    KTEST_EXPECT_EQ(next_number(v), number_of(0, 1));
    thread_notify(thread_current(), work);
    KTEST_EXPECT_EQ(vcpu_run(v)->reason, VCPU_EXIT_INTERRUPTED);
    KTEST_EXPECT_EQ(vcpu_run(v)->reason, VCPU_EXIT_INTERRUPTED);
    thread_work_clear(work);
    KTEST_EXPECT_EQ(next_number(v), number_of(0, 2));
    vcpu_put(v);
    unbuild();
}

static uint32_t nr_numbers; /* [a] that the waiting guest has told */
static uint32_t is_over;    /* [a] */

/* Takes the vCPU off its thread now and then, also while the guest waits. */
static void run_waiting(void *arg)
{
    struct vcpu *v = arg;

    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
        vcpu_load(v);
        const struct vcpu_exit *exit = vcpu_run(v);

        if (exit->reason == VCPU_EXIT_MMIO)
            __atomic_fetch_add(&nr_numbers, 1, __ATOMIC_RELEASE);
        else
            KTEST_EXPECT_EQ(exit->reason, VCPU_EXIT_INTERRUPTED);
        vcpu_put(v);
    }
}

KTEST(vcpu_is_woken_wherever_it_is)
{
    struct vcpu *v = &machine.vcpus[0];
    const uint64_t limit = time_deadline_ns(60 * NS_PER_SEC);
    struct thread *t;

    if (!guest_is_supported())
        KTEST_SKIP("no hypervisor extension");
    KTEST_REQUIRE(build(1, guest_wait));
    nr_numbers = is_over = 0;
    t = thread_create(run_waiting, v, "runner", NULL);
    KTEST_REQUIRE(t != NULL);
    /* A hart that starts forgets what was pending. */
    while (__atomic_load_n(&v->hart_state, __ATOMIC_ACQUIRE) != SBI_HART_STARTED &&
           time_now_ns() < limit)
        thread_yield();
    for (uint32_t round = 1; round <= 200; round++) {
        vcpu_irq_set(v, GUEST_IRQ_SOFTWARE);
        while (__atomic_load_n(&nr_numbers, __ATOMIC_ACQUIRE) < round && time_now_ns() < limit)
            thread_yield();
        vcpu_irq_clear(v, GUEST_IRQ_SOFTWARE);
        if (round % 3 == 0)
            vcpu_interrupt(v);
    }
    KTEST_EXPECT(time_now_ns() < limit);
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    vcpu_interrupt(v);
    thread_join(t);
    unbuild();
}
