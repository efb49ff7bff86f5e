/*
 * What the pretended harts of guests have: nothing beyond what every hart has.
 */
#include <guest/guest.h>

uint64_t guest_features(void)
{
    return 0;
}
