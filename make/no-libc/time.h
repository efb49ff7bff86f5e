#error "no C library here: clocks and timers are <time/time.h> (core/time)"
