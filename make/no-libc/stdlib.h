#error "no C library here: memory is <heap/heap.h> (core/heap)"
