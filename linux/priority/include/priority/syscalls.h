/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef PRIORITY_SYSCALLS_H
#define PRIORITY_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_sched_yield;
syscall_handler sys_sched_setaffinity;
syscall_handler sys_sched_getaffinity;
syscall_handler sys_sched_getscheduler;
syscall_handler sys_sched_setscheduler;
syscall_handler sys_sched_setparam;
syscall_handler sys_sched_getparam;
syscall_handler sys_sched_get_priority_max;
syscall_handler sys_sched_get_priority_min;
syscall_handler sys_sched_rr_get_interval;
syscall_handler sys_sched_setattr;
syscall_handler sys_sched_getattr;
syscall_handler sys_setpriority;
syscall_handler sys_getpriority;
syscall_handler sys_ioprio_set;
syscall_handler sys_ioprio_get;

#endif
