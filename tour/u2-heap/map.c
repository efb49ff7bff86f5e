/*
 * An ordered map from keys to counts, on lib/rbtree.
 */
#include <heap/heap.h>
#include <rbtree/rbtree.h>

#include "u2.h"

struct entry {
    struct rb_node node;
    uint64_t key;
    uint64_t count;
};

struct map {
    struct rb_root root;
    size_t nr_entries;
};

struct map *map_new(void)
{
    return heap_zalloc(sizeof(struct map));
}

bool map_add(struct map *map, uint64_t key)
{
    struct rb_node **link = &map->root.node, *parent = NULL;
    bool is_leftmost = true;
    struct entry *e;

    while (*link) {
        e = rb_entry(*link, struct entry, node);
        if (key == e->key) {
            e->count++;
            return true;
        }
        parent = *link;
        if (key < e->key) {
            link = &parent->left;
        } else {
            link = &parent->right;
            is_leftmost = false;
        }
    }
    e = heap_alloc(sizeof(*e));
    if (!e)
        return false;
    e->key = key;
    e->count = 1;
    rb_link(&e->node, parent, link);
    rb_insert_color(&map->root, &e->node, is_leftmost);
    map->nr_entries++;
    return true;
}

size_t map_size(const struct map *map)
{
    return map->nr_entries;
}

static int compare(const void *key, const struct rb_node *node)
{
    uint64_t a = *(const uint64_t *)key, b = rb_entry(node, struct entry, node)->key;

    return a < b ? -1 : a > b;
}

uint64_t map_count(const struct map *map, uint64_t key)
{
    struct rb_node *node = rb_find(&map->root, &key, compare);

    return node ? rb_entry(node, struct entry, node)->count : 0;
}

bool map_is_ordered(const struct map *map)
{
    const struct entry *e, *previous = NULL;
    size_t nr = 0;

    rb_for_each_entry(e, &map->root, node) {
        if (previous && previous->key >= e->key)
            return false;
        previous = e;
        nr++;
    }
    return nr == map->nr_entries;
}

size_t map_remove_if(struct map *map, uint64_t mask, uint64_t value)
{
    struct entry *e, *next;
    size_t nr = 0;

    rb_for_each_entry_safe(e, next, &map->root, node) {
        if ((e->key & mask) != value)
            continue;
        rb_erase(&map->root, &e->node);
        heap_free(e);
        nr++;
    }
    map->nr_entries -= nr;
    return nr;
}

void map_free(struct map *map)
{
    map_remove_if(map, 0, 0);
    heap_free(map);
}
