/*
 * Ends as end= on the command line says, without any driver but the kernel's own. Its end is what
 * is tested: QEMU's exit status.
 */
#include <app/app.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <log/log.h>
#include <string/string.h>
#include <thread/thread.h>

static const char *how = "well";
static volatile uintptr_t nowhere = 8;

static int set_end(const char *value)
{
    if (value == NULL)
        return -EINVAL;
    how = value;
    if (str_equal(how, "early")) /* before memory, drivers and threads */
        panic("early");
    return 0;
}
BOOTARG("end", set_end);

static void dies(void *arg)
{
    (void)arg;
    panic("in a thread");
}

int app_main(void)
{
    if (str_equal(how, "panic"))
        panic("in the application");
    if (str_equal(how, "thread"))
        thread_join(thread_create(dies, NULL, "dies", NULL));
    if (str_equal(how, "wild"))
        *(volatile int *)nowhere = 1;
    return str_equal(how, "seven") ? 7 : 0;
}
