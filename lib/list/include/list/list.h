/*
 * Intrusive circular doubly linked list.
 *
 * One type serves as head and as node. A head is an empty ring that points at itself; a node lives
 * in the object that is linked. Every operation is O(1). The list owns nothing and takes no lock:
 * its user serialises.
 *
 * A node that is not on a list is either uninitialised, self-linked (list_init, list_del_init: then
 * list_is_linked says so) or poisoned (list_del: using it as linked faults on the null page).
 */
#ifndef LIST_LIST_H
#define LIST_LIST_H

#include <base/types.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define LIST_INIT(name)                                                                            \
    {                                                                                              \
        &(name), &(name)                                                                           \
    }
#define LIST_DEFINE(name) struct list name = LIST_INIT(name)

static inline void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* For a node that was list_init'ed or list_del_init'ed whenever it was off a list. */
static inline bool list_is_linked(const struct list *node)
{
    return node->next != node;
}

static inline bool list_is_singular(const struct list *head)
{
    return head->next != head && head->next == head->prev;
}

/* Links node between two neighbours. */
static inline void list_insert(struct list *prev, struct list *node, struct list *next)
{
    node->next = next;
    node->prev = prev;
    next->prev = node;
    prev->next = node;
}

/* To the front of the list; or, with a node for head, right behind that node. */
static inline void list_add(struct list *head, struct list *node)
{
    list_insert(head, node, head->next);
}

/* To the end of the list; or, with a node for head, right before that node. */
static inline void list_add_tail(struct list *head, struct list *node)
{
    list_insert(head->prev, node, head);
}

static inline void list_unlink(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

static inline void list_del(struct list *node)
{
    list_unlink(node);
    node->next = NULL;
    node->prev = NULL;
}

static inline void list_del_init(struct list *node)
{
    list_unlink(node);
    list_init(node);
}

static inline void list_move(struct list *head, struct list *node)
{
    list_unlink(node);
    list_add(head, node);
}

static inline void list_move_tail(struct list *head, struct list *node)
{
    list_unlink(node);
    list_add_tail(head, node);
}

/* Replace old by node; old is not changed. */
static inline void list_replace(struct list *old, struct list *node)
{
    list_insert(old->prev, node, old->next);
}

/* Move all of from to the end of head, in order; from is empty afterwards. */
static inline void list_splice_tail(struct list *head, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = head->prev;
    head->prev->next = from->next;
    from->prev->next = head;
    head->prev = from->prev;
    list_init(from);
}

/* Move all of from to the front of head, in order; from is empty afterwards. */
static inline void list_splice(struct list *head, struct list *from)
{
    list_splice_tail(head->next, from);
}

/* Remove and return the first node, NULL: the list is empty. */
static inline struct list *list_pop(struct list *head)
{
    struct list *node = head->next;

    if (node == head)
        return NULL;
    list_del_init(node);
    return node;
}

/* O(n); for tests and reports. */
static inline size_t list_count(const struct list *head)
{
    size_t count = 0;

    for (const struct list *node = head->next; node != head; node = node->next)
        count++;
    return count;
}

#define list_entry(node, type, member) container_of(node, type, member)

/* The list must not be empty. */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)

/* NULL when the list is empty. */
#define list_first_entry_or_null(head, type, member)                                               \
    (list_is_empty(head) ? NULL : list_first_entry(head, type, member))

/* The neighbours of an entry; the caller knows that it is not the last (first). */
#define list_next_entry(entry, member)                                                             \
    list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member)                                                             \
    list_entry((entry)->member.prev, __typeof__(*(entry)), member)

#define list_for_each(node, head)                                                                  \
    for (struct list *node = (head)->next; node != (head); node = node->next)

/* it is declared by the caller; the body must not unlink it. After a full walk it is not an
 * entry. */
#define list_for_each_entry(it, head, member)                                                      \
    for ((it) = list_first_entry(head, __typeof__(*(it)), member); &(it)->member != (head);        \
         (it) = list_next_entry(it, member))

#define list_for_each_entry_reverse(it, head, member)                                              \
    for ((it) = list_last_entry(head, __typeof__(*(it)), member); &(it)->member != (head);         \
         (it) = list_prev_entry(it, member))

/* The body may unlink and free it; next is a second variable of the same type. */
#define list_for_each_entry_safe(it, next_it, head, member)                                        \
    for ((it) = list_first_entry(head, __typeof__(*(it)), member),                                 \
        (next_it) = list_next_entry(it, member);                                                   \
         &(it)->member != (head); (it) = (next_it), (next_it) = list_next_entry(next_it, member))

#endif
