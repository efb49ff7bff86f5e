/*
 * See <pid/pid.h>.
 */
#include <pid/pid.h>

void pid_table_init(struct pid_table *table)
{
    for (unsigned i = 0; i < PID_NR_BUCKETS; i++)
        list_init(&table->buckets[i]);
}

void pid_add(struct pid_table *table, struct pid_entry *entry, pid_t nr)
{
    entry->nr = nr;
    list_add(&table->buckets[(uint32_t)nr % PID_NR_BUCKETS], &entry->node);
}

struct pid_entry *pid_find(const struct pid_table *table, pid_t nr)
{
    struct pid_entry *entry;

    list_for_each_entry(entry, &table->buckets[(uint32_t)nr % PID_NR_BUCKETS], node)
        if (entry->nr == nr)
            return entry;
    return NULL;
}

static bool is_free(const struct pid_table *tables, unsigned nr_tables, pid_t nr)
{
    for (unsigned i = 0; i < nr_tables; i++)
        if (pid_find(&tables[i], nr))
            return false;
    return true;
}

pid_t pid_next_free(const struct pid_table *tables, unsigned nr_tables, pid_t last)
{
    do {
        last = last + 1 < PID_MAX ? last + 1 : 2;
    } while (!is_free(tables, nr_tables, last));
    return last;
}
