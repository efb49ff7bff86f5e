#error                                                                                             \
    "no C library here: printing is <printf/printf.h> (lib/printf) and <console/console.h> (core/console)"
