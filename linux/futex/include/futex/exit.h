/*
 * What futexes do at the end of a thread.
 */
#ifndef FUTEX_EXIT_H
#define FUTEX_EXIT_H

struct user_thread;

/* The calling thread leaves (exit) or its memory is replaced (exec): robust list, clear_child_tid.
 */
void futex_thread_exit(struct user_thread *ut);

#endif
