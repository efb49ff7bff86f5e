/*
 * Bounded proof that lib/list's operations keep rings whole, whatever they are applied to.
 *
 * cbmc: --unwind 5 --function prove_sequence
 * bound: prove_sequence: 2 heads, 2 nodes; all sequences of 2 operations
 */
#include <list/list.h>

#define NR_HEADS 2
#define NR_NODES 2
#define NR_STEPS 2

unsigned nondet_unsigned(void);
void __CPROVER_assert(bool condition, const char *text);

static struct list heads[NR_HEADS], nodes[NR_NODES];

/* Any number below n. */
static unsigned choose(unsigned n)
{
    return nondet_unsigned() % n;
}

void prove_sequence(void)
{
    unsigned count[NR_HEADS] = {0};
    int home[NR_NODES]; /* the head that a node must be found under, or -1 */

    for (unsigned i = 0; i < NR_HEADS; i++)
        list_init(&heads[i]);
    for (unsigned i = 0; i < NR_NODES; i++) {
        list_init(&nodes[i]);
        home[i] = -1;
    }
    for (unsigned step = 0; step < NR_STEPS; step++) {
        unsigned h = choose(NR_HEADS), n = choose(NR_NODES), op = choose(6);

        if (op < 2 && home[n] < 0) {
            if (op == 0)
                list_add(&heads[h], &nodes[n]);
            else
                list_add_tail(&heads[h], &nodes[n]);
            __CPROVER_assert((op == 0 ? heads[h].next : heads[h].prev) == &nodes[n], "at its end");
            home[n] = (int)h;
            count[h]++;
        } else if (op == 2 && home[n] >= 0) {
            list_del_init(&nodes[n]);
            count[home[n]]--;
            home[n] = -1;
        } else if (op == 3 && home[n] >= 0) {
            list_move(&heads[h], &nodes[n]);
            count[home[n]]--;
            count[h]++;
            home[n] = (int)h;
        } else if (op == 4) {
            struct list *popped = list_pop(&heads[h]);

            __CPROVER_assert((popped == NULL) == (count[h] == 0), "a node iff there is one");
            for (unsigned i = 0; i < NR_NODES; i++) {
                if (popped == &nodes[i]) {
                    __CPROVER_assert(home[i] == (int)h, "its own node");
                    home[i] = -1;
                    count[h]--;
                }
            }
        } else if (op == 5) {
            list_splice_tail(&heads[h], &heads[!h]);
            for (unsigned i = 0; i < NR_NODES; i++)
                if (home[i] >= 0)
                    home[i] = (int)h;
            count[h] += count[!h];
            count[!h] = 0;
        }
    }
    for (unsigned h = 0; h < NR_HEADS; h++) {
        const struct list *node = &heads[h];
        unsigned found = 0;

        __CPROVER_assert(list_is_empty(&heads[h]) == (count[h] == 0), "empty or not");
        for (unsigned i = 0; i <= NR_NODES; i++) {
            __CPROVER_assert(node->next->prev == node && node->prev->next == node, "both ways");
            node = node->next;
            if (node == &heads[h])
                break;
            found++;
            for (unsigned n = 0; n < NR_NODES; n++)
                __CPROVER_assert(node != &nodes[n] || home[n] == (int)h, "in its own list");
        }
        __CPROVER_assert(node == &heads[h] && found == count[h],
                         "a ring of as many nodes as were put");
    }
    for (unsigned n = 0; n < NR_NODES; n++)
        __CPROVER_assert(list_is_linked(&nodes[n]) == (home[n] >= 0), "linked or not");
}
