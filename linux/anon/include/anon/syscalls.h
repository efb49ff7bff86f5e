/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef ANON_SYSCALLS_H
#define ANON_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_eventfd2;
syscall_handler sys_timerfd_create;
syscall_handler sys_timerfd_settime;
syscall_handler sys_timerfd_gettime;
syscall_handler sys_memfd_create;
syscall_handler sys_pidfd_open;
syscall_handler sys_pidfd_getfd;
syscall_handler sys_signalfd4;

#endif
