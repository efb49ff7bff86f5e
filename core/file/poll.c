#include <file/poll.h>

void poll_head_init(struct poll_head *head)
{
    spin_init(&head->lock, "poll");
    list_init(&head->entries);
    head->depth = 0;
}

void poll_add(struct poll_head *head, struct poll_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&head->lock);

    entry->head = head;
    SAME_LOCK(&entry->head->lock, &head->lock);
    if (entry->is_exclusive)
        list_add_tail(&head->entries, &entry->node);
    else
        list_add(&head->entries, &entry->node);
    spin_unlock_irqrestore(&head->lock, flags);
}

void poll_remove(struct poll_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&entry->head->lock);

    list_del_init(&entry->node);
    spin_unlock_irqrestore(&entry->head->lock, flags);
}

void poll_notify_slow(struct poll_head *head, const struct poll_head *from, unsigned events)
{
    uint32_t depth =
        !from ? 0 : UNLOCKED(from->depth, "the caller runs in a wake of from's entry") + 1;
    unsigned long flags = arch_irq_save();
    struct poll_entry *entry;
    struct poll_entry *next;

    preempt_disable();
    spin_lock_nested(&head->lock, depth);
    head->depth = depth;
    ASSUME_LOCKED(&entry->head->lock, "it is head's lock, of each entry in its list");
    list_for_each_entry_safe(entry, next, &head->entries, node)
        if (entry->wake(entry, events) && entry->is_exclusive)
            break;
    spin_unlock_irqrestore(&head->lock, flags);
}
