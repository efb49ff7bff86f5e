/*
 * Intrusive red-black tree (Guibas and Sedgewick 1978; the deletion of Cormen et al., chapter 13).
 *
 * The node lives in the object, the user descends by its own keys, the tree keeps the balance. The
 * root caches its leftmost node, so that rb_first (the next timer, the next thread to run) is one
 * load. Insertion and removal are O(log n), the height is at most 2 log2(n + 1). Nothing is
 * allocated and no lock is taken: the user serialises.
 *
 * To insert with one's own comparison:
 *
 *   struct rb_node **link = &root->node, *parent = NULL;
 *   bool is_leftmost = true;
 *   while (*link) {
 *       parent = *link;
 *       if (key < entry(parent)->key) link = &parent->left;
 *       else { link = &parent->right; is_leftmost = false; }
 *   }
 *   rb_link(node, parent, link);
 *   rb_insert_color(root, node, is_leftmost);
 *
 * or rb_insert, which does this with a comparison function that is inlined when it is static.
 */
#ifndef RBTREE_RBTREE_H
#define RBTREE_RBTREE_H

#include <base/types.h>

struct rb_node {
    uintptr_t parent_color; /* address of the parent, bit 0: black */
    union {
        struct {
            struct rb_node *left;
            struct rb_node *right;
        };
        struct rb_node *child[2]; /* the same, for code that serves both sides */
    };
};

struct rb_root {
    struct rb_node *node;     /* NULL: empty */
    struct rb_node *leftmost; /* NULL: empty */
};

#define RB_ROOT_INIT                                                                               \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

#define rb_entry(node, type, member) container_of(node, type, member)

#define rb_entry_or_null(node_, type, member)                                                      \
    ({                                                                                             \
        struct rb_node *rb_entry_ = (node_);                                                       \
        rb_entry_ ? container_of(rb_entry_, type, member) : NULL;                                  \
    })

static inline void rb_root_init(struct rb_root *root)
{
    root->node = NULL;
    root->leftmost = NULL;
}

static inline bool rb_is_empty(const struct rb_root *root)
{
    return !root->node;
}

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
    return (struct rb_node *)(node->parent_color & ~(uintptr_t)1);
}

/* Mark a node as being in no tree; rb_erase() does not do this itself. */
static inline void rb_node_init(struct rb_node *node)
{
    node->parent_color = (uintptr_t)node;
}

/* For nodes that were rb_node_init'ed whenever they were in no tree. */
static inline bool rb_is_linked(const struct rb_node *node)
{
    return node->parent_color != (uintptr_t)node;
}

/* Link node, red and childless, at *link below parent; rb_insert_color() must follow at once. */
static inline void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
    node->parent_color = (uintptr_t)parent;
    node->left = NULL;
    node->right = NULL;
    *link = node;
}

/* Restore the balance after rb_link(). is_leftmost: the descent never went right. */
void rb_insert_color(struct rb_root *root, struct rb_node *node, bool is_leftmost);

/* Remove node, which must be in this tree. Its fields are stale afterwards. */
void rb_erase(struct rb_root *root, struct rb_node *node);

/* Replace old by node; their keys must order alike. */
void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *node);

struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
struct rb_node *rb_last(const struct rb_root *root);

static inline struct rb_node *rb_first(const struct rb_root *root)
{
    return root->leftmost;
}

/* Insert behind all equal keys. is_less(a, b): a orders before b. */
static ALWAYS_INLINE void rb_insert(struct rb_root *root, struct rb_node *node,
                                    bool (*is_less)(const struct rb_node *, const struct rb_node *))
{
    struct rb_node **link = &root->node;
    struct rb_node *parent = NULL;
    bool is_leftmost = true;

    while (*link) {
        parent = *link;
        if (is_less(node, parent)) {
            link = &parent->left;
        } else {
            link = &parent->right;
            is_leftmost = false;
        }
    }
    rb_link(node, parent, link);
    rb_insert_color(root, node, is_leftmost);
}

/* A node with compare(key, node) == 0, or NULL. compare: < 0 when the key orders before the
 * node. */
static ALWAYS_INLINE struct rb_node *rb_find(const struct rb_root *root, const void *key,
                                             int (*compare)(const void *, const struct rb_node *))
{
    struct rb_node *node = root->node;

    while (node) {
        int order = compare(key, node);

        if (order == 0)
            return node;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

/* In order; it is declared by the caller; the body must not remove it. NULL after a full walk. */
#define rb_for_each_entry(it, root, member)                                                        \
    for ((it) = rb_entry_or_null(rb_first(root), __typeof__(*(it)), member); (it);                 \
         (it) = rb_entry_or_null(rb_next(&(it)->member), __typeof__(*(it)), member))

/* The body may remove it; next_it is a second variable of the same type. */
#define rb_for_each_entry_safe(it, next_it, root, member)                                          \
    for ((it) = rb_entry_or_null(rb_first(root), __typeof__(*(it)), member);                       \
         (it) &&                                                                                   \
         ((next_it) = rb_entry_or_null(rb_next(&(it)->member), __typeof__(*(it)), member), true);  \
         (it) = (next_it))

/* Check order-free invariants (colours, black height, parents, cached leftmost); for tests. */
bool rb_is_valid(const struct rb_root *root);

#endif
