/*
 * Small unordered sets of frame ranges: reserved ones, and those opened out of order.
 *
 * They have a handful of entries and are searched only when a section is opened or a range
 * released; so linear search is right.
 */
#include "zone.h"

COLD struct pfn_range *range_find(struct range_set *set, pfn_t start, pfn_t end)
{
    struct pfn_range *first = NULL;

    for (size_t i = 0; i < set->nr; i++) {
        struct pfn_range *r = &set->ranges[i];

        if (r->start < end && r->end > start && (!first || r->start < first->start))
            first = r;
    }
    return first;
}

COLD bool range_add(struct range_set *set, pfn_t start, pfn_t end)
{
    size_t i = 0;

    if (start >= end)
        return true;
    /* Swallow every range that touches the new one; it may then touch others. */
    while (i < set->nr) {
        struct pfn_range *r = &set->ranges[i];

        if (r->start <= end && r->end >= start) {
            start = MIN(start, r->start);
            end = MAX(end, r->end);
            *r = set->ranges[--set->nr];
            i = 0;
        } else {
            i++;
        }
    }
    if (set->nr == ARRAY_SIZE(set->ranges))
        return false;
    set->ranges[set->nr++] = (struct pfn_range){start, end};
    return true;
}

COLD bool range_remove(struct range_set *set, pfn_t start, pfn_t end)
{
    for (size_t i = 0; i < set->nr;) {
        struct pfn_range *r = &set->ranges[i];

        if (r->end <= start || r->start >= end) {
            i++;
        } else if (r->start < start && r->end > end) {
            if (set->nr == ARRAY_SIZE(set->ranges))
                return false;
            set->ranges[set->nr++] = (struct pfn_range){end, r->end};
            r->end = start;
            return true;
        } else if (r->start < start) {
            r->end = start;
            i++;
        } else if (r->end > end) {
            r->start = end;
            i++;
        } else {
            *r = set->ranges[--set->nr];
        }
    }
    return true;
}

COLD uint64_t range_count(const struct range_set *set, pfn_t start, pfn_t end)
{
    uint64_t count = 0;

    for (size_t i = 0; i < set->nr; i++) {
        pfn_t from = MAX(set->ranges[i].start, start);
        pfn_t to = MIN(set->ranges[i].end, end);

        if (from < to)
            count += to - from;
    }
    return count;
}
