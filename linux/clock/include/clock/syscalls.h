/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef CLOCK_SYSCALLS_H
#define CLOCK_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_clock_gettime;
syscall_handler sys_clock_getres;
syscall_handler sys_clock_settime;
syscall_handler sys_gettimeofday;
syscall_handler sys_settimeofday;
syscall_handler sys_getitimer;
syscall_handler sys_setitimer;
syscall_handler sys_timer_create;
syscall_handler sys_timer_gettime;
syscall_handler sys_timer_settime;
syscall_handler sys_timer_getoverrun;
syscall_handler sys_timer_delete;
syscall_handler sys_nanosleep;
syscall_handler sys_clock_nanosleep;
syscall_handler sys_restart_syscall;

#endif
