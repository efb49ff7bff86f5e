/*
 * Checks of SBI arguments; see vsbi.h.
 */
#include <vsbi/vsbi.h>

uint64_t vsbi_probe(uint64_t extension)
{
    switch (extension) {
    case SBI_EXT_BASE:
    case SBI_EXT_TIME:
    case SBI_EXT_IPI:
    case SBI_EXT_RFENCE:
    case SBI_EXT_HSM:
    case SBI_EXT_SRST:
    case SBI_EXT_DBCN:
        return 1;
    default:
        return extension <= SBI_EXT_LEGACY_SHUTDOWN;
    }
}

int vsbi_harts(uint64_t mask, uint64_t base, unsigned nr_harts, uint64_t *harts)
{
    const uint64_t all = nr_harts >= 64 ? UINT64_MAX : (1ul << nr_harts) - 1;

    if (base == UINT64_MAX) {
        *harts = all;
        return 0;
    }
    if (mask == 0) {
        *harts = 0;
        return 0;
    }
    /* The shift must not lose bits, and the harts must exist. */
    if (base >= nr_harts || (mask << base) >> base != mask || ((mask << base) & ~all))
        return SBI_ERR_INVALID_PARAM;
    *harts = mask << base;
    return 0;
}

int vsbi_range(uint64_t start, uint64_t size, struct vsbi_range *range)
{
    *range = (struct vsbi_range){.start = ALIGN_DOWN(start, PAGE_SIZE)};
    if (size == 0 || size == UINT64_MAX)
        return 0;
    if (start + (size - 1) < start)
        return SBI_ERR_INVALID_ADDRESS;

    const uint64_t first = start >> PAGE_SHIFT;
    const uint64_t last = (start + (size - 1)) >> PAGE_SHIFT;

    if (last - first < VSBI_RANGE_PAGES_MAX)
        range->nr_pages = (unsigned)(last - first) + 1;
    return 0;
}

int vsbi_buffer(uint64_t size, uint64_t low, uint64_t high, gpa_t *gpa)
{
    const uint64_t limit = 1ul << 56;

    if (high != 0 || low >= limit || size > limit - low)
        return SBI_ERR_INVALID_PARAM;
    *gpa = GPA(low);
    return 0;
}
