/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef EXEC_SYSCALLS_H
#define EXEC_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_execve;
syscall_handler sys_execveat;

#endif
