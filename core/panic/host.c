/*
 * On the host panic() is core/log's, and nothing can stand still: a panic as well.
 */
#include <log/log.h>
#include <panic/panic.h>

void system_halt(void)
{
    panic("system halted");
}
