/*
 * Starting what the guest description names.
 */
#ifndef GUESTS_H
#define GUESTS_H

#include <base/types.h>

/*
 * Reads /guests.dtb of the initrd, starts its guests, and waits for all of them to end. Guests that
 * cannot be started are said and skipped. True: there were guests, and all ended in good order.
 */
bool guests_run(void);

#endif
