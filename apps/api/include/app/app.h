/*
 * Contract `app`: what a unikernel runs. Exactly one application is linked (APP= on make's command
 * line); it is a component that PROVIDES app and declares what it uses, like any other.
 *
 * It is compiled for rv64gc and lp64d, and every thread has float registers of its own from its
 * first float instruction on. A handler that runs in interrupt context (of a timer, a device, an
 * ipi_call) may not use floats: the registers are the interrupted thread's.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <base/types.h>

/*
 * Runs on the boot thread with everything in the kernel's list started, after the constructors.
 * The machine is turned off when it returns; a result other than 0 is reported as a failure, which
 * QEMU's exit status tells (1), as that of a panic does.
 */
int app_main(void);

#endif
