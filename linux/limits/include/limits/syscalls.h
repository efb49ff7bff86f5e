/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef LIMITS_SYSCALLS_H
#define LIMITS_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_prlimit64;
syscall_handler sys_getrlimit;
syscall_handler sys_setrlimit;
syscall_handler sys_getrusage;
syscall_handler sys_times;

#endif
