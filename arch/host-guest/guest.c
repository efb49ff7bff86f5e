/*
 * The guest contract on the host: simulated harts without optional features.
 */
#include <guest/guest.h>

uint64_t guest_features(void)
{
    return 0;
}
