/* Does something stay allocated? By /proc/allocations of DEBUG kernels. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdbool.h>

bool allocations_open(void);
/* What there is from here on counts. */
void allocations_mark(void);
/* What there is more of than at the mark, and how many; NULL: nothing. The log tells whose it
 * is. */
const char *allocations_leaked(long *by);

#endif
