/*
 * Returns cached memory to the frame allocator: kernel stacks, free objects in per-CPU magazines,
 * heap pools, unused dentries and inodes, clean file pages.
 *
 * Allocator caches are bounded, but large for a small system; so they are drained a second after a
 * thread has ended, when the load that filled them may be over. The timer is armed only by the end
 * of a thread: an idle system is not woken.
 */
#ifndef RECLAIM_RECLAIM_H
#define RECLAIM_RECLAIM_H

/* Once, after work_system_init(). */
void reclaim_init(void);

/* Drain the allocators' caches on every CPU. Thread context, interrupts on. */
void reclaim_spares(void);

/* Do the same soon, from a work queue. Any context. */
void reclaim_soon(void);

/* Drop clean pages of files that can be read again. */
void reclaim_pages(void);

/* Drop unused dentries. May sleep: they may hold the last references to their inodes. */
void reclaim_names(void);

#endif
