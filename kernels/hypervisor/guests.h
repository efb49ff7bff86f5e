/*
 * Starts the guests of the guest description.
 */
#ifndef GUESTS_H
#define GUESTS_H

#include <base/types.h>

/*
 * Read /guests.dtb of the initrd, start its guests, and wait for all of them to end. Guests that
 * cannot be started are reported and skipped. True: there were guests, and all shut down in order.
 */
bool guests_run(void);

#endif
