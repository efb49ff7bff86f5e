#error                                                                                             \
    "no C library here: threads are <thread/thread.h> (core/thread), locks <sync/mutex.h> (core/sync)"
