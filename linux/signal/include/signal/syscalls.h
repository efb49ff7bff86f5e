/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef SIGNAL_SYSCALLS_H
#define SIGNAL_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_rt_sigaction;
syscall_handler sys_rt_sigprocmask;
syscall_handler sys_rt_sigpending;
syscall_handler sys_rt_sigsuspend;
syscall_handler sys_rt_sigtimedwait;
syscall_handler sys_kill;
syscall_handler sys_tkill;
syscall_handler sys_tgkill;
syscall_handler sys_rt_sigqueueinfo;
syscall_handler sys_rt_tgsigqueueinfo;
syscall_handler sys_pidfd_send_signal;
syscall_handler sys_sigaltstack;
syscall_handler sys_rt_sigreturn;

#endif
