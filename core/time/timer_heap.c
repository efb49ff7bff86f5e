/*
 * The pairing heap of <time/timer_heap.h>. A tree whose root is the least key; every node's
 * children form a list through sibling, in no order. Two heaps meld by hanging the root with the
 * greater key below the other.
 */
#include <time/timer_heap.h>

/* a, b: roots (no siblings, no parent). Returns the root of both. */
static struct timer_node *meld(struct timer_node *a, struct timer_node *b)
{
    if (b->key < a->key) {
        struct timer_node *t = a;

        a = b;
        b = t;
    }
    b->sibling = a->child;
    if (b->sibling)
        b->sibling->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

/* Meld a list of siblings pairwise from left to right, then the results from right to left. */
static struct timer_node *meld_siblings(struct timer_node *first)
{
    struct timer_node *pairs = NULL; /* the results so far, last one first, linked by sibling */
    struct timer_node *root = NULL;

    while (first) {
        struct timer_node *a = first;
        struct timer_node *b = a->sibling;

        first = b ? b->sibling : NULL;
        a->sibling = NULL;
        a->prev = NULL;
        if (b) {
            b->sibling = NULL;
            b->prev = NULL;
            a = meld(a, b);
        }
        a->sibling = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer_node *next = pairs->sibling;

        pairs->sibling = NULL;
        root = root ? meld(root, pairs) : pairs;
        pairs = next;
    }
    return root;
}

void timer_heap_insert(struct timer_node **root, struct timer_node *node)
{
    node->child = NULL;
    node->sibling = NULL;
    node->prev = NULL;
    *root = *root ? meld(*root, node) : node;
}

void timer_heap_remove(struct timer_node **root, struct timer_node *node)
{
    struct timer_node *orphans = meld_siblings(node->child);

    if (!node->prev) { /* the root */
        *root = orphans;
        return;
    }
    if (node->prev->child == node)
        node->prev->child = node->sibling;
    else
        node->prev->sibling = node->sibling;
    if (node->sibling)
        node->sibling->prev = node->prev;
    if (orphans)
        *root = meld(*root, orphans);
}
