/*
 * Ids of processes, threads and groups: tables that map an id to its object, and allocation of ids.
 *
 * Locking: the owner's (process_lock) around every call. Any context.
 */
#ifndef PID_PID_H
#define PID_PID_H

#include <base/types.h>
#include <list/list.h>

typedef int32_t pid_t;

#define PID_MAX        32768 /* exclusive upper bound */
#define PID_NR_BUCKETS 256

struct pid_table {
    struct list buckets[PID_NR_BUCKETS];
};

/* Embedded in an object that has an id. */
struct pid_entry {
    struct list node;
    pid_t nr;
};

void pid_table_init(struct pid_table *table);
void pid_add(struct pid_table *table, struct pid_entry *entry, pid_t nr);
static inline void pid_remove(struct pid_entry *entry)
{
    list_del_init(&entry->node);
}
struct pid_entry *pid_find(const struct pid_table *table, pid_t nr); /* NULL: not in use */

/*
 * Return the first id after `last` that is in none of the tables, wrapping to 2. They hold fewer
 * than PID_MAX - 2 ids.
 */
pid_t pid_next_free(const struct pid_table *tables, unsigned nr_tables, pid_t last);

#endif
