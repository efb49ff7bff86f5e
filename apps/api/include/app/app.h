/*
 * Contract `app`: what a unikernel runs. Exactly one application is linked (APP= on make's command
 * line); it is a component that PROVIDES app and declares what it uses, like any other.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <base/types.h>

/*
 * Runs on the boot thread with everything in the kernel's list started. The machine is
 * turned off when it returns; a result other than 0 is reported as a failure.
 */
int app_main(void);

#endif
