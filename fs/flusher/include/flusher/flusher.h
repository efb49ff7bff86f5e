/*
 * The flusher: what was written to a file reaches the disk within half a minute, whether or not
 * anybody asks for it (fsync, sync).
 *
 * It is not periodic: the first page that becomes dirty arms a timer, and a machine with nothing to
 * write sleeps without one.
 */
#ifndef FLUSHER_FLUSHER_H
#define FLUSHER_FLUSHER_H

#include <base/compiler.h>

/* Starts it; once, after the file systems' own init. -ENOMEM. */
int flusher_init(void) MUST_CHECK;

#endif
