/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef POLL_SYSCALLS_H
#define POLL_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_ppoll;
syscall_handler sys_pselect6;
syscall_handler sys_epoll_create1;
syscall_handler sys_epoll_ctl;
syscall_handler sys_epoll_pwait;
syscall_handler sys_epoll_pwait2;

#endif
