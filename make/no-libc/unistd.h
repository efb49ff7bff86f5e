#error "no C library here: there are no system calls; sleeping is <thread/thread.h> (core/thread)"
