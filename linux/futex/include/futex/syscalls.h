/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef FUTEX_SYSCALLS_H
#define FUTEX_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_futex;
syscall_handler sys_set_robust_list;
syscall_handler sys_get_robust_list;

#endif
