/*
 * Thread-local variables (__thread, _Thread_local) in an application: to have them, name this
 * component in DEPS. A thread-local variable lies at a fixed distance from tp, which points at the
 * running struct thread; so this is one, as large as a struct thread and the first of all, which
 * puts the others behind it. core/thread then makes threads with room there (thread_create,
 * not thread_init).
 */
#ifndef THREADLOCAL_THREADLOCAL_H
#define THREADLOCAL_THREADLOCAL_H

struct thread;

extern _Thread_local struct thread thread_local_room;

#endif
