/*
 * A console for programs that only write: /dev/console without a terminal behind.
 */
#ifndef NOTTY_NOTTY_H
#define NOTTY_NOTTY_H

/* After devfs_init. */
int notty_init(void);

#endif
