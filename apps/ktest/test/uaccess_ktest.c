/*
 * Copies to and from a program's memory at all alignments, with a fault after every number of
 * bytes: exactly the bytes that can be reached are copied, and the rest is counted. Both ways of
 * copying between unlike alignments.
 */
#include <arch/memory.h>
#include <arch/paging.h>
#include <arch/uaccess.h>
#include <frame/frame.h>
#include <ktest/ktest.h>
#include <string/string.h>

#define USER_PAGE (1ul << 20) /* a page with nothing before and behind it */
#define NR_MAX    330         /* bytes that are reached at most: two blocks and all kinds of rest */
#define MARGIN    16

static uint8_t inside[MARGIN + 8 + NR_MAX + 200 + MARGIN];
static uint8_t *page; /* USER_PAGE as the kernel sees it */

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + 1);
}

/* Are all bytes but [from, from + n) the filler, and those the pattern? */
static bool is_copied(const uint8_t *bytes, size_t size, size_t from, size_t n)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t expected = i >= from && i < from + n ? pattern(i - from) : 0xee;

        if (bytes[i] != expected)
            return false;
    }
    return true;
}

/* n bytes from user address va, of which the first nr_reached are there. */
static bool reads(vaddr_t va, size_t offset, size_t n, size_t nr_reached)
{
    for (size_t i = 0; i < nr_reached; i++)
        page[va - USER_PAGE + i] = pattern(i);
    memset(inside, 0xee, sizeof(inside));
    return copy_from_user_partial(inside + MARGIN + offset, va, n) == n - nr_reached &&
           is_copied(inside, sizeof(inside), MARGIN + offset, nr_reached);
}

static bool writes(vaddr_t va, size_t offset, size_t n, size_t nr_reached)
{
    size_t margin = MIN(va - USER_PAGE, (vaddr_t)MARGIN);
    uint8_t *seen = page + (va - USER_PAGE) - margin;

    for (size_t i = 0; i < n; i++)
        inside[offset + i] = pattern(i);
    memset(seen, 0xee, MIN(margin + n + MARGIN, (size_t)(page + PAGE_SIZE - seen)));
    return copy_to_user_partial(va, inside + offset, n) == n - nr_reached &&
           is_copied(seen, margin + nr_reached, margin, nr_reached);
}

/* The page's last bytes, all fitting and with more behind; and its first ones, which all fit. */
static unsigned count_bad(size_t offset, size_t nr)
{
    static const uint8_t beyond[] = {0, 1, 7, 8, 9, 33, 150};
    vaddr_t end = USER_PAGE + PAGE_SIZE;
    unsigned nr_bad = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
        nr_bad += !reads(end - nr, offset, nr + beyond[i], nr);
        nr_bad += !writes(end - nr, offset, nr + beyond[i], nr);
    }
    nr_bad += !reads(USER_PAGE + nr % 8, offset, nr, nr);
    nr_bad += !writes(USER_PAGE + nr % 8, offset, nr, nr);
    nr_bad += !reads(USER_PAGE - nr % 8 - 1, offset, nr + 9, 0);
    nr_bad += !writes(USER_PAGE - nr % 8 - 1, offset, nr + 9, 0);
    return nr_bad;
}

static void try_all(void)
{
    bool had_words = uaccess_words_anywhere;
    unsigned nr_bad[2] = {0, 0};

    for (int words = 0; words < 2; words++) {
        uaccess_words_anywhere = words != 0;
        for (size_t offset = 0; offset < 8; offset++)
            for (size_t nr = 0; nr <= NR_MAX; nr += nr < 170 ? 1 : 9)
                nr_bad[words] += count_bad(offset, nr);
    }
    uaccess_words_anywhere = had_words;
    KTEST_EXPECT_EQ(nr_bad[0], 0);
    KTEST_EXPECT_EQ(nr_bad[1], 0);
}

KTEST(uaccess_copies_up_to_the_fault)
{
    struct frame *frame = frame_alloc(0, 0);

    KTEST_REQUIRE(frame != NULL);
    page = frame_to_virt(frame);
    KTEST_REQUIRE(arch_pt_map(&arch_kernel_pt, USER_PAGE, frame_to_pa(frame), PAGE_SIZE,
                              PT_RW | PT_A | PT_D, 0) == 0);
    arch_tlb_flush_all();
    try_all();
    KTEST_EXPECT(arch_pt_unmap(&arch_kernel_pt, USER_PAGE, PAGE_SIZE, NULL, NULL) == 0);
    arch_tlb_flush_all();
    frame_free(frame, 0);
}

KTEST(uaccess_tries_the_hart)
{
    bool had_words = uaccess_words_anywhere;

    uaccess_cpu_init(0);
    KTEST_EXPECT_EQ(uaccess_words_anywhere, uaccess_fast_cpus & 1);
    uaccess_words_anywhere = had_words;
}
