/*
 * Red-black tree balancing.
 *
 * Invariants: the root is black; a red node has black children; every path from a node to a missing
 * child meets the same number of black nodes. Missing children count as black.
 */
#include <rbtree/rbtree.h>

#define RB_BLACK ((uintptr_t)1)

static bool is_black(const struct rb_node *node)
{
    return !node || (node->parent_color & RB_BLACK);
}

static void set_black(struct rb_node *node)
{
    node->parent_color |= RB_BLACK;
}

static void set_red(struct rb_node *node)
{
    node->parent_color &= ~RB_BLACK;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
    node->parent_color = (uintptr_t)parent | (node->parent_color & RB_BLACK);
}

/* Replace node by child below node's parent. */
static void replace_child(struct rb_root *root, struct rb_node *node, struct rb_node *child)
{
    struct rb_node *parent = rb_parent(node);

    if (!parent)
        root->node = child;
    else
        parent->child[parent->right == node] = child;
}

/* node sinks to the given side; its child from the other side rises above it. */
static NOINLINE void rotate(struct rb_root *root, struct rb_node *node, bool side)
{
    struct rb_node *rising = node->child[!side];
    struct rb_node *moved = rising->child[side];

    replace_child(root, node, rising);
    set_parent(rising, rb_parent(node));
    node->child[!side] = moved;
    if (moved)
        set_parent(moved, node);
    rising->child[side] = node;
    set_parent(node, rising);
}

void rb_insert_color(struct rb_root *root, struct rb_node *node, bool is_leftmost)
{
    struct rb_node *parent;

    if (is_leftmost)
        root->leftmost = node;
    /* node is red; the only invariant that may be broken is that its parent is red too. */
    while ((parent = rb_parent(node)) && !is_black(parent)) {
        struct rb_node *grandparent = rb_parent(parent);
        bool side = parent == grandparent->right;
        struct rb_node *uncle = grandparent->child[!side];

        if (!is_black(uncle)) {
            set_black(parent);
            set_black(uncle);
            set_red(grandparent);
            node = grandparent;
            continue;
        }
        if (node == parent->child[!side]) {
            rotate(root, parent, side);
            parent = node;
        }
        set_black(parent);
        set_red(grandparent);
        rotate(root, grandparent, !side);
        break;
    }
    set_black(root->node);
}

/* Paths through child (may be missing) of parent lack one black node: restore it. */
static void erase_color(struct rb_root *root, struct rb_node *child, struct rb_node *parent)
{
    while (parent && is_black(child)) {
        bool side = child != parent->left;
        /* It exists: the paths on its side hold at least one black node more. */
        struct rb_node *sibling = parent->child[!side];
        struct rb_node *far;

        if (!is_black(sibling)) {
            set_black(sibling);
            set_red(parent);
            rotate(root, parent, side);
            sibling = parent->child[!side];
        }
        far = sibling->child[!side];
        if (is_black(far)) {
            struct rb_node *near = sibling->child[side];

            if (is_black(near)) {
                set_red(sibling);
                child = parent;
                parent = rb_parent(child);
                continue;
            }
            set_black(near);
            set_red(sibling);
            rotate(root, sibling, !side);
            far = sibling;
            sibling = near;
        }
        sibling->parent_color =
            (sibling->parent_color & ~RB_BLACK) | (parent->parent_color & RB_BLACK);
        set_black(parent);
        set_black(far);
        rotate(root, parent, side);
        return;
    }
    if (child)
        set_black(child);
}

void rb_erase(struct rb_root *root, struct rb_node *node)
{
    struct rb_node *child, *parent;
    bool was_black;

    if (root->leftmost == node)
        root->leftmost = rb_next(node);
    if (node->left && node->right) {
        /* Its successor, which has no left child, leaves its own place and takes node's. */
        struct rb_node *successor = node->right;

        while (successor->left)
            successor = successor->left;
        child = successor->right;
        parent = rb_parent(successor);
        was_black = is_black(successor);
        if (parent == node) {
            parent = successor;
        } else {
            parent->left = child;
            if (child)
                set_parent(child, parent);
            successor->right = node->right;
            set_parent(successor->right, successor);
        }
        successor->left = node->left;
        set_parent(successor->left, successor);
        replace_child(root, node, successor);
        successor->parent_color = node->parent_color;
    } else {
        child = node->left ? node->left : node->right;
        parent = rb_parent(node);
        was_black = is_black(node);
        replace_child(root, node, child);
        if (child)
            set_parent(child, parent);
    }
    if (was_black)
        erase_color(root, child, parent);
}

void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *node)
{
    *node = *old;
    replace_child(root, old, node);
    if (node->left)
        set_parent(node->left, node);
    if (node->right)
        set_parent(node->right, node);
    if (root->leftmost == old)
        root->leftmost = node;
}

/* The next node on the given side. */
static ALWAYS_INLINE struct rb_node *neighbour(const struct rb_node *node, bool side)
{
    const struct rb_node *parent;

    if (node->child[side]) {
        for (node = node->child[side]; node->child[!side];)
            node = node->child[!side];
        return (struct rb_node *)node;
    }
    while ((parent = rb_parent(node)) && node == parent->child[side])
        node = parent;
    return (struct rb_node *)parent;
}

struct rb_node *rb_next(const struct rb_node *node)
{
    return neighbour(node, 1);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    return neighbour(node, 0);
}

struct rb_node *rb_last(const struct rb_root *root)
{
    struct rb_node *node = root->node;

    while (node && node->right)
        node = node->right;
    return node;
}

/*
 * Black nodes from node down to missing children, -1 when a path disagrees or an invariant is
 * broken. Recursive to the height of the tree: for tests.
 */
static int black_height(const struct rb_node *node, const struct rb_node *parent)
{
    int left, right;

    if (!node)
        return 0;
    if (rb_parent(node) != parent || (!is_black(node) && !is_black(parent)))
        return -1;
    left = black_height(node->left, node);
    right = black_height(node->right, node);
    if (left < 0 || left != right)
        return -1;
    return left + is_black(node);
}

bool rb_is_valid(const struct rb_root *root)
{
    const struct rb_node *leftmost = root->node;

    while (leftmost && leftmost->left)
        leftmost = leftmost->left;
    return is_black(root->node) && root->leftmost == leftmost &&
           black_height(root->node, NULL) >= 0;
}
