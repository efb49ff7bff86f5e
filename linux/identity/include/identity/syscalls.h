/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef IDENTITY_SYSCALLS_H
#define IDENTITY_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_setpgid;
syscall_handler sys_getpgid;
syscall_handler sys_getsid;
syscall_handler sys_setsid;
syscall_handler sys_getpid;
syscall_handler sys_gettid;
syscall_handler sys_getppid;
syscall_handler sys_getuid;
syscall_handler sys_geteuid;
syscall_handler sys_getgid;
syscall_handler sys_getegid;
syscall_handler sys_getresuid;
syscall_handler sys_getresgid;
syscall_handler sys_setresuid;
syscall_handler sys_setresgid;
syscall_handler sys_setuid;
syscall_handler sys_setgid;
syscall_handler sys_setreuid;
syscall_handler sys_setregid;
syscall_handler sys_setfsuid;
syscall_handler sys_setfsgid;
syscall_handler sys_getgroups;
syscall_handler sys_setgroups;
syscall_handler sys_capget;
syscall_handler sys_capset;
syscall_handler sys_personality;
syscall_handler sys_prctl;

#endif
