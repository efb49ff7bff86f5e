/*
 * The flusher: writes dirty pages to the disk within half a minute, without fsync or sync.
 *
 * It is not periodic: the first page that becomes dirty arms a timer; with nothing to write none is
 * armed.
 */
#ifndef FLUSHER_FLUSHER_H
#define FLUSHER_FLUSHER_H

#include <base/compiler.h>

/* Start the flusher; once, after the file systems' own init. -ENOMEM. */
int flusher_init(void) MUST_CHECK;

#endif
