/*
 * Page tables of both kinds, on tables that no hart walks; and on the kernel's own, kmap and
 * shootdowns.
 */
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/paging.h>
#include <base/errno.h>
#include <frame/frame.h>
#include <kmap/kmap.h>
#include <ktest/ktest.h>
#include <percpu/percpu.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>

static uint64_t frames_free(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.free;
}

static pte_t query(const struct arch_pt *pt, vaddr_t va, unsigned *level)
{
    return arch_pt_query(pt, va, level);
}

static void map_query_unmap(enum arch_pt_kind kind)
{
    struct arch_pt pt;
    unsigned level = 9;
    uint64_t before = frames_free();

    KTEST_REQUIRE(arch_pt_init(&pt, kind) == 0);
    KTEST_EXPECT_EQ(query(&pt, 0x1000, NULL), 0);

    /* 2 MiB - 4 KiB up to 4 MiB + 8 KiB: a small page, a large one, two small ones. */
    vaddr_t va = MIB(2) - PAGE_SIZE;
    uint64_t size = MIB(2) + 3 * PAGE_SIZE;

    KTEST_EXPECT_EQ(arch_pt_map(&pt, va, PADDR(0x90000000 - PAGE_SIZE), size, PT_RW | PT_U, 2), 0);
    KTEST_EXPECT_EQ(pte_to_pa(query(&pt, va, &level)).v, 0x90000000 - PAGE_SIZE);
    KTEST_EXPECT_EQ(level, 0);
    KTEST_EXPECT_EQ(pte_to_pa(query(&pt, va + MIB(1), &level)).v, 0x90000000);
    KTEST_EXPECT_EQ(level, 1);
    KTEST_EXPECT_EQ(query(&pt, va + MIB(2), NULL) & PT_FLAGS,
                    PT_V | PT_R | PT_W | PT_U | PT_A | PT_D);
    KTEST_EXPECT_EQ(query(&pt, va + size, NULL), 0);
    KTEST_EXPECT_EQ(query(&pt, va - 1, NULL), 0);

    /* Earlier mappings stay; those of the failed call do not. */
    KTEST_EXPECT_EQ(arch_pt_map(&pt, va - PAGE_SIZE, PADDR(0), 2 * PAGE_SIZE, PT_R, 2), -EEXIST);
    KTEST_EXPECT_EQ(query(&pt, va - PAGE_SIZE, NULL), 0);
    KTEST_EXPECT_EQ(arch_pt_map(&pt, MIB(2), PADDR(0), MIB(2), PT_R, 2), -EEXIST);
    KTEST_EXPECT_EQ(arch_pt_map(&pt, MIB(2) + PAGE_SIZE, PADDR(0), PAGE_SIZE, PT_R, 0), -EEXIST);

    /* A page out of the middle of a large leaf. */
    KTEST_EXPECT_EQ(arch_pt_unmap(&pt, MIB(3), PAGE_SIZE, NULL, NULL), 0);
    KTEST_EXPECT_EQ(query(&pt, MIB(3), NULL), 0);
    KTEST_EXPECT_EQ(pte_to_pa(query(&pt, MIB(3) + PAGE_SIZE, &level)).v,
                    0x90000000 + MIB(1) + PAGE_SIZE);
    KTEST_EXPECT_EQ(level, 0);
    KTEST_EXPECT_EQ(pte_to_pa(query(&pt, MIB(3) - 1, NULL)).v, 0x90000000 + MIB(1) - PAGE_SIZE);

    KTEST_EXPECT_EQ(arch_pt_protect(&pt, MIB(2), MIB(1), PT_R | PT_U), 0);
    KTEST_EXPECT_EQ(query(&pt, MIB(2), NULL) & (PT_R | PT_W | PT_X | PT_U), PT_R | PT_U);
    KTEST_EXPECT_EQ(query(&pt, MIB(3) + PAGE_SIZE, NULL) & PT_W, PT_W);

    /* Everything unmapped: every table page but the root is back. */
    KTEST_EXPECT_EQ(arch_pt_unmap(&pt, 0, GIB(1), NULL, NULL), 0);
    KTEST_EXPECT_EQ(before - frames_free(), kind == ARCH_PT_GSTAGE ? 4 : 1);
    arch_pt_destroy(&pt);
    KTEST_EXPECT_EQ(frames_free(), before);
}

KTEST(paging_stage1)
{
    map_query_unmap(ARCH_PT_STAGE1);
}

KTEST(paging_gstage)
{
    map_query_unmap(ARCH_PT_GSTAGE);
}

KTEST(paging_gstage_reaches_41_bits)
{
    struct arch_pt pt;
    uint64_t before = frames_free();
    unsigned level;

    KTEST_REQUIRE(arch_pt_init(&pt, ARCH_PT_GSTAGE) == 0);
    KTEST_EXPECT_EQ((uintptr_t)pt.root & (KIB(16) - 1), 0);
    KTEST_EXPECT_EQ(
        arch_pt_map(&pt, (1ull << 41) - GIB(1), PADDR(GIB(4)), GIB(1), PT_RW | PT_X | PT_U, 2), 0);
    KTEST_EXPECT_EQ(pte_to_pa(query(&pt, (1ull << 41) - 1, &level)).v, GIB(4));
    KTEST_EXPECT_EQ(level, 2);
    KTEST_EXPECT_EQ(query(&pt, (1ull << 39) - 1, NULL), 0);
    arch_pt_destroy(&pt);
    KTEST_EXPECT_EQ(frames_free(), before);
}

struct count {
    unsigned nr_leaves;
    uint64_t nr_bytes;
};

static void count_removed(void *ctx, vaddr_t va, pte_t pte, unsigned level)
{
    struct count *count = ctx;

    count->nr_leaves++;
    count->nr_bytes += PT_LEVEL_SIZE(level);
}

static int count_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    count_removed(ctx, va, *pte, level);
    return 0;
}

/* Pages here and there, as a process makes them. */
static void scattered(void)
{
    struct arch_pt pt;
    uint64_t before = frames_free();
    struct count seen = {0};
    struct count removed = {0};

    KTEST_REQUIRE(arch_pt_init(&pt, ARCH_PT_STAGE1) == 0);
    for (uint64_t i = 0; i < 300; i++) {
        pte_t *slot = arch_pt_slot(&pt, i * 37 * MIB(1) + i * PAGE_SIZE, 0, true);

        KTEST_REQUIRE(slot != NULL);
        *slot = pte_make(PADDR(i * PAGE_SIZE), PT_R | PT_U);
    }
    KTEST_EXPECT_EQ(arch_pt_walk(&pt, 0, ARCH_USER_END, count_leaf, &seen), 0);
    KTEST_EXPECT_EQ(seen.nr_leaves, 300);
    KTEST_EXPECT_EQ(arch_pt_unmap(&pt, 0, ARCH_USER_END, count_removed, &removed), 0);
    KTEST_EXPECT_EQ(removed.nr_leaves, 300);
    KTEST_EXPECT_EQ(before - frames_free(), 1);
    arch_pt_destroy(&pt);
    KTEST_EXPECT_EQ(frames_free(), before);
}

KTEST(paging_scattered)
{
    struct frame *f = frame_alloc(10, 0); /* so many descriptors exist from here on */

    KTEST_REQUIRE(f != NULL);
    frame_free(f, 10);
    scattered();
}

KTEST(paging_kernel_half_is_shared)
{
    struct arch_pt pt;
    unsigned level;

    KTEST_REQUIRE(arch_pt_init(&pt, ARCH_PT_STAGE1) == 0);
    KTEST_EXPECT_EQ(arch_pt_query(&pt, (vaddr_t)(uintptr_t)image_start, &level),
                    arch_pt_query(&arch_kernel_pt, (vaddr_t)(uintptr_t)image_start, &level));
    /* A mapping made after the copy is seen through it. */
    void *stack = kmap_alloc_stack(KERNEL_STACK_SIZE);

    KTEST_EXPECT(stack != NULL);
    KTEST_EXPECT(arch_pt_query(&pt, (vaddr_t)(uintptr_t)stack, &level) != 0);
    kmap_free_stack(stack, KERNEL_STACK_SIZE);
    arch_pt_destroy(&pt);
}

/* W^X: no page of the kernel's map is writable and executable, page 0 is not mapped, text is not
 * writable twice. */
static int check_wx(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    unsigned *nr_bad = ctx;
    uint64_t pa = pte_to_pa(*pte).v;
    uint64_t text = kernel_to_phys(image_start).v;
    uint64_t data = kernel_to_phys(image_data_start).v;

    if ((*pte & PT_W) && (*pte & PT_X))
        ++*nr_bad;
    if ((*pte & PT_W) && pa < data && text < pa + PT_LEVEL_SIZE(level))
        ++*nr_bad;
    if ((*pte & PT_X) && va < ARCH_KERNEL_BASE)
        ++*nr_bad;
    return 0;
}

KTEST(paging_nothing_is_writable_and_executable)
{
    unsigned nr_bad = 0;

    KTEST_EXPECT_EQ(arch_pt_walk(&arch_kernel_pt, 0, ARCH_USER_END, count_leaf, &(struct count){0}),
                    0);
    KTEST_EXPECT_EQ(arch_pt_walk(&arch_kernel_pt, ARCH_DIRECT_MAP_BASE, 0 - ARCH_DIRECT_MAP_BASE,
                                 check_wx, &nr_bad),
                    0);
    KTEST_EXPECT_EQ(nr_bad, 0);
    KTEST_EXPECT_EQ(arch_pt_query(&arch_kernel_pt, 0, NULL), 0);
}

/* Stacks come and go without losing frames, and each has a guard page. */
KTEST(kmap_stacks)
{
    enum { NR = 40, SIZE = 5 * PAGE_SIZE };
    static char *stacks[NR];
    uint64_t before = 0;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < NR; i++) {
            stacks[i] = kmap_alloc_stack(SIZE);
            KTEST_REQUIRE(stacks[i] != NULL);
            memset(stacks[i], (int)i, SIZE);
            KTEST_EXPECT_EQ(arch_pt_query(&arch_kernel_pt, (vaddr_t)(uintptr_t)stacks[i] - 1, NULL),
                            0);
        }
        for (unsigned i = 0; i < NR; i++)
            KTEST_EXPECT_EQ(stacks[i][SIZE - 1], i);
        for (unsigned i = 0; i < NR; i++)
            kmap_free_stack(stacks[(i * 7) % NR], SIZE);
        if (round == 0)
            before = frames_free(); /* what kmap keeps for itself is there now */
        KTEST_EXPECT_EQ(frames_free(), before);
    }
}

KTEST(kmap_large_ranges_use_large_leaves)
{
    unsigned level = 0;
    char *va = kmap_range(PADDR(0x0c000000), MIB(6), PT_RW);

    KTEST_REQUIRE(va != NULL);
    KTEST_EXPECT(arch_pt_query(&arch_kernel_pt, (vaddr_t)(uintptr_t)va, &level) != 0);
    KTEST_EXPECT_EQ(level, 1);
    kmap_unmap(va, MIB(6));
    KTEST_EXPECT_EQ(arch_pt_query(&arch_kernel_pt, (vaddr_t)(uintptr_t)va, NULL), 0);
    KTEST_EXPECT(kmap_device(PADDR(UINT64_MAX - 5), 10) == NULL);
    KTEST_EXPECT(kmap_device(PADDR(0x1000), 0) == NULL);
    KTEST_EXPECT(kmap_device(PADDR(0x1000), UINT64_MAX / 2) == NULL);
}

/* Another CPU reads through a mapping that is changed under it; after a shootdown it sees the new
 * frame. */
static struct {
    volatile uint64_t *va;
    uint64_t round;       /* [a] what the mapping shows now */
    uint64_t is_changing; /* [a] odd: being changed */
    uint64_t nr_stale;    /* [a] */
    bool is_over;         /* [a] */
} watched;

static void watch(void *arg)
{
    while (!__atomic_load_n(&watched.is_over, __ATOMIC_ACQUIRE)) {
        uint64_t before = __atomic_load_n(&watched.is_changing, __ATOMIC_SEQ_CST);
        uint64_t want = __atomic_load_n(&watched.round, __ATOMIC_SEQ_CST);
        uint64_t got = *watched.va;

        arch_mb();
        if (!(before & 1) && before == __atomic_load_n(&watched.is_changing, __ATOMIC_SEQ_CST) &&
            got != want)
            __atomic_fetch_add(&watched.nr_stale, 1, __ATOMIC_RELAXED);
    }
}

KTEST(tlb_shootdown_reaches_other_cpus)
{
    struct frame *frames[2] = {frame_alloc(0, 0), frame_alloc(0, 0)};

    if (cpu_count() < 2)
        KTEST_SKIP("one CPU");
    KTEST_REQUIRE(frames[0] != NULL && frames[1] != NULL);
    watched.va = kmap_range(frame_to_pa(frames[0]), PAGE_SIZE, PT_R);
    KTEST_REQUIRE(watched.va != NULL);
    watched.round = 0;
    watched.is_over = false;
    *(uint64_t *)frame_to_virt(frames[0]) = 0;
    struct thread_attr attr = {.affinity = 2};
    struct thread *watcher = thread_create(watch, NULL, "watch", &attr);

    KTEST_REQUIRE(watcher != NULL);
    pte_t *slot = arch_pt_slot(&arch_kernel_pt, (vaddr_t)(uintptr_t)watched.va, 0, false);

    for (uint64_t round = 1; round <= 2000; round++) {
        struct frame *f = frames[round % 2];

        __atomic_fetch_add(&watched.is_changing, 1, __ATOMIC_SEQ_CST);
        *(uint64_t *)frame_to_virt(f) = round;
        *slot = pte_make(frame_to_pa(f), PT_R | PT_G);
        arch_tlb_shootdown_kernel((vaddr_t)(uintptr_t)watched.va, PAGE_SIZE);
        watched.round = round;
        __atomic_fetch_add(&watched.is_changing, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&watched.is_over, true, __ATOMIC_RELEASE);
    thread_join(watcher);
    KTEST_EXPECT_EQ(watched.nr_stale, 0);
    kmap_unmap((void *)(uintptr_t)watched.va, PAGE_SIZE);
    frame_free(frames[0], 0);
    frame_free(frames[1], 0);
}
