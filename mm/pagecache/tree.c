/*
 * The index of a page cache: a radix tree over the page number, 64 slots a node, after Linux's
 * XArray in purpose. The height follows the largest index; a tree of height 0 is at most the one
 * frame of index 0. Every node keeps a bitmap of used slots and one of slots with dirty pages
 * below, so that walks can skip the rest.
 *
 * Invariants: a node has at least one slot in use; a dirty bit implies the present bit; a root node
 * with only slot 0 in use does not exist (the tree would be lower).
 */
#include "internal.h"

#include <base/errno.h>
#include <bits/bits.h>
#include <slab/slab.h>
#include <string/string.h>

#define NODE_BITS  6
#define NODE_SLOTS (1u << NODE_BITS)

struct node {
    uint64_t present;
    uint64_t dirty;
    void *slots[NODE_SLOTS]; /* struct node, or struct frame in the lowest level */
};

static struct slab_cache *node_cache;

int tree_module_init(void)
{
    node_cache = slab_cache_create("pagecache-node", sizeof(struct node), 0, NULL);
    return node_cache ? 0 : -ENOMEM;
}

/* True if a tree of this height can hold the index. */
static bool height_holds(unsigned height, uint64_t index)
{
    return height * NODE_BITS >= 64 || index >> (height * NODE_BITS) == 0;
}

static unsigned slot_of(unsigned level, uint64_t index)
{
    return index >> ((level - 1) * NODE_BITS) & (NODE_SLOTS - 1);
}

struct frame *tree_find(const struct pagecache *cache, uint64_t index)
{
    void *at = cache->root;

    if (!height_holds(cache->height, index))
        return NULL;
    for (unsigned level = cache->height; level > 0 && at; level--)
        at = ((struct node *)at)->slots[slot_of(level, index)];
    return at;
}

static struct node *node_create(void)
{
    return slab_zalloc(node_cache);
}

/* Add root nodes until index fits. */
static int tree_grow(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock)
{
    while (!height_holds(cache->height, index)) {
        if (cache->root) {
            struct node *node = node_create();

            if (!node)
                return -ENOMEM;
            node->slots[0] = cache->root;
            node->present = 1;
            if (cache->height == 0)
                node->dirty = (((struct frame *)cache->root)->flags & PAGE_DIRTY) != 0;
            else
                node->dirty = ((struct node *)cache->root)->dirty != 0;
            cache->root = node;
        }
        cache->height++;
    }
    return 0;
}

/* Remove root nodes that use only slot 0; an empty tree has height 0. */
static void tree_shrink(struct pagecache *cache) REQUIRES(&cache->lock)
{
    while (cache->height > 0) {
        struct node *node = cache->root;

        if (node) {
            if (node->present != 1)
                return;
            cache->root = node->slots[0];
            slab_free(node_cache, node);
        }
        cache->height--;
    }
}

/* Free empty nodes on the path to index, after a failed insertion or a removal. */
static void tree_prune(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock)
{
    struct node *path[64 / NODE_BITS + 2];
    void *at = cache->root;
    unsigned level = cache->height;

    for (; level > 0 && at; level--) {
        path[level] = at;
        at = path[level]->slots[slot_of(level, index)];
    }
    for (level++; level <= cache->height && path[level]->present == 0; level++) {
        slab_free(node_cache, path[level]);
        if (level == cache->height) {
            cache->root = NULL;
        } else {
            struct node *above = path[level + 1];
            unsigned slot = slot_of(level + 1, index);

            above->slots[slot] = NULL;
            above->present &= ~(1ull << slot);
            above->dirty &= ~(1ull << slot);
        }
    }
    tree_shrink(cache);
}

int tree_insert(struct pagecache *cache, uint64_t index, struct frame *frame)
{
    struct node *above = NULL;
    void **at = &cache->root;

    if (tree_grow(cache, index) != 0) {
        tree_shrink(cache);
        return -ENOMEM;
    }
    for (unsigned level = cache->height; level > 0; level--) {
        struct node *node = *at;

        if (!node) {
            node = node_create();
            if (!node) {
                if (above)
                    above->present &= ~(1ull << slot_of(level + 1, index));
                tree_prune(cache, index);
                return -ENOMEM;
            }
            *at = node;
        }
        /* Set before the child exists: prune() clears it if the allocation fails. */
        node->present |= 1ull << slot_of(level, index);
        at = &node->slots[slot_of(level, index)];
        above = node;
    }
    *at = frame;
    return 0;
}

void tree_remove(struct pagecache *cache, uint64_t index)
{
    struct node *lowest = NULL;
    void *at = cache->root;

    tree_clear_dirty(cache, index);
    if (cache->height == 0) {
        cache->root = NULL;
        return;
    }
    for (unsigned level = cache->height; level > 0; level--) {
        lowest = at;
        at = lowest->slots[slot_of(level, index)];
    }
    lowest->slots[slot_of(1, index)] = NULL;
    lowest->present &= ~(1ull << slot_of(1, index));
    tree_prune(cache, index);
}

void tree_set_dirty(struct pagecache *cache, uint64_t index)
{
    void *at = cache->root;

    for (unsigned level = cache->height; level > 0; level--) {
        struct node *node = at;

        node->dirty |= 1ull << slot_of(level, index);
        at = node->slots[slot_of(level, index)];
    }
}

void tree_clear_dirty(struct pagecache *cache, uint64_t index)
{
    struct node *path[64 / NODE_BITS + 2];
    void *at = cache->root;

    for (unsigned level = cache->height; level > 0; level--) {
        path[level] = at;
        at = path[level]->slots[slot_of(level, index)];
    }
    for (unsigned level = 1; level <= cache->height; level++) {
        path[level]->dirty &= ~(1ull << slot_of(level, index));
        if (path[level]->dirty != 0)
            break;
    }
}

/* Find the first frame at or after index below a node of this level. index is relative to the
 * node. */
static struct frame *node_next(const void *at, unsigned level, uint64_t index, bool is_dirty_only)
{
    const struct node *node = at;
    unsigned first = slot_of(level, index);
    uint64_t candidates = (is_dirty_only ? node->dirty : node->present) & ~0ull << first;
    unsigned shift = (level - 1) * NODE_BITS;

    for (; candidates != 0; candidates &= candidates - 1) {
        unsigned slot = (unsigned)bit_ctz64(candidates);
        uint64_t rest = slot == first ? index & ((1ull << shift) - 1) : 0;
        struct frame *found;

        if (level == 1)
            return node->slots[slot];
        found = node_next(node->slots[slot], level - 1, rest, is_dirty_only);
        if (found)
            return found;
    }
    return NULL;
}

struct frame *tree_next(const struct pagecache *cache, uint64_t index, bool is_dirty_only)
{
    if (!cache->root || !height_holds(cache->height, index))
        return NULL;
    if (cache->height == 0) {
        struct frame *frame = cache->root;

        return is_dirty_only && (frame->flags & PAGE_DIRTY) == 0 ? NULL : frame;
    }
    return node_next(cache->root, cache->height, index, is_dirty_only);
}
