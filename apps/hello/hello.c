/*
 * The smallest application: one line in colour.
 */
#include <app/app.h>
#include <console/console.h>

int app_main(void)
{
    static const char line[] = "\033[32mHello from Trine!\033[0m\n";

    console_write(line, sizeof(line) - 1);
    return 0;
}
