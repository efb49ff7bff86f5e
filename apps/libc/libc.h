/*
 * Debian's picolibc on the kernel. What it asks of a system is in the .c files here (and files in
 * apps/libc-files): the C library's own headers are not included where they clash with the
 * kernel's, and the few things that both must agree on are below.
 *
 * An application that names this component in LIBS is an ordinary C program: main() runs in a
 * thread of its own, with the words after "--" on the command line as arguments.
 */
#ifndef LIBC_LIBC_H
#define LIBC_LIBC_H

#include <base/types.h>

/* Sets errno from a negative errno of the kernel's and returns -1. */
int libc_fail(int error);

/* Writes what stdout has kept. */
void libc_console_flush(void);

#endif
