/*
 * Runs the in-kernel tests of every component in the image, or those whose name contains the word
 * of ktest=WORD on the command line. Success and failure are told by the exit status of the
 * machine.
 */
#include <app/app.h>
#include <bootargs/bootargs.h>
#include <ktest/ktest.h>
#include <work/work.h>

static const char *filter = "";

static int set_filter(const char *value)
{
    filter = value ? value : "";
    return 0;
}
BOOTARG("ktest", set_filter);

int app_main(void)
{
    if (work_system_init() != 0)
        return 1;
    return ktest_run(filter) == 0 ? 0 : 1;
}
