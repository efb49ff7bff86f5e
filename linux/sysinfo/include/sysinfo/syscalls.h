/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef SYSINFO_SYSCALLS_H
#define SYSINFO_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_uname;
syscall_handler sys_sethostname;
syscall_handler sys_setdomainname;
syscall_handler sys_sysinfo;
syscall_handler sys_getrandom;
syscall_handler sys_reboot;
syscall_handler sys_getcpu;
syscall_handler sys_membarrier;
syscall_handler sys_riscv_flush_icache;
syscall_handler sys_riscv_hwprobe;
syscall_handler sys_rseq;
syscall_handler sys_syslog;

#endif
