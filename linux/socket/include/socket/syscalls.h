/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef SOCKET_SYSCALLS_H
#define SOCKET_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_socket;
syscall_handler sys_socketpair;
syscall_handler sys_bind;
syscall_handler sys_listen;
syscall_handler sys_accept;
syscall_handler sys_accept4;
syscall_handler sys_connect;
syscall_handler sys_getsockname;
syscall_handler sys_getpeername;
syscall_handler sys_sendto;
syscall_handler sys_recvfrom;
syscall_handler sys_setsockopt;
syscall_handler sys_getsockopt;
syscall_handler sys_shutdown;
syscall_handler sys_sendmsg;
syscall_handler sys_recvmsg;
syscall_handler sys_sendmmsg;
syscall_handler sys_recvmmsg;

#endif
