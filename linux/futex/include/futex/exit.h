/*
 * Futex work at the end of a thread.
 */
#ifndef FUTEX_EXIT_H
#define FUTEX_EXIT_H

struct user_thread;

/* Walk the robust list and clear clear_child_tid, before the calling thread exits or its memory is
 * replaced by exec. */
void futex_thread_exit(struct user_thread *ut);

#endif
