#error "no C library here: assert() is in <log/log.h> (core/log)"
