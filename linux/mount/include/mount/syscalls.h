/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef MOUNT_SYSCALLS_H
#define MOUNT_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_mount;
syscall_handler sys_umount2;

#endif
