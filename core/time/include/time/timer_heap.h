/*
 * Intrusive pairing heap (Fredman, Sedgewick, Sleator and Tarjan 1986) ordered by a 64-bit key:
 * insertion and "what is first" in O(1), removal of any node in O(log n) amortised. Timers use it
 * with deadlines for keys. Not a stable order for equal keys. No locks, no allocation, no
 * recursion.
 */
#ifndef TIME_TIMER_HEAP_H
#define TIME_TIMER_HEAP_H

#include <base/types.h>

struct timer_node {
    uint64_t key;
    struct timer_node *child;   /* first of the children, whose keys are not smaller */
    struct timer_node *sibling; /* next child of the same parent */
    struct timer_node *prev; /* previous sibling; the parent for a first child; NULL for the root */
};

/* root: NULL is the empty heap. node->key is set by the caller. */
void timer_heap_insert(struct timer_node **root, struct timer_node *node);
/* node must be in this heap. */
void timer_heap_remove(struct timer_node **root, struct timer_node *node);

#endif
