/*
 * Programs on the host: there are none. A test calls the handlers of system calls itself.
 */
#include <host/host.h>
#include <user/user.h>

void user_enter(void)
{
    host_panic("user: no program runs on the host");
}
