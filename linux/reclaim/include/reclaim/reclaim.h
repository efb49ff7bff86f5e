/*
 * Memory that is kept for reuse goes back: kernel stacks, free objects in each CPU's magazines, the
 * heap's pools, names and pages of files that can be read again.
 *
 * What allocators keep is bounded, but beside a small system it is much; so it goes back a second
 * after a thread has ended, when whatever needed it may be over. Nothing runs in a system that
 * rests: the second begins with the end of a thread.
 */
#ifndef RECLAIM_RECLAIM_H
#define RECLAIM_RECLAIM_H

/* Once, after work_system_init(). */
void reclaim_init(void);

/* What the allocators keep, of every CPU. Thread context, interrupts on. */
void reclaim_spares(void);

/* The same, soon. Any context. */
void reclaim_soon(void);

/* Clean pages of files that can be read again. Dirty ones stay. */
void reclaim_pages(void);

/* Names of files that nobody uses. May sleep: the files' last users may be they. */
void reclaim_names(void);

#endif
