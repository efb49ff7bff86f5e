#include <vfs/poll.h>

void poll_head_init(struct poll_head *head)
{
    spin_init(&head->lock, "poll");
    list_init(&head->entries);
}

void poll_add(struct poll_head *head, struct poll_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&head->lock);

    entry->head = head;
    list_add_tail(&head->entries, &entry->node);
    spin_unlock_irqrestore(&head->lock, flags);
}

void poll_remove(struct poll_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&entry->head->lock);

    list_del_init(&entry->node);
    spin_unlock_irqrestore(&entry->head->lock, flags);
}

void poll_notify_slow(struct poll_head *head, unsigned events)
{
    unsigned long flags = spin_lock_irqsave(&head->lock);
    struct poll_entry *entry;
    struct poll_entry *next;

    list_for_each_entry_safe(entry, next, &head->entries, node)
        entry->wake(entry, events);
    spin_unlock_irqrestore(&head->lock, flags);
}
