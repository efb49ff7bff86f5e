/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef PROCESS_SYSCALLS_H
#define PROCESS_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_clone;
syscall_handler sys_clone3;
syscall_handler sys_set_tid_address;
syscall_handler sys_exit;
syscall_handler sys_exit_group;
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
syscall_handler sys_prlimit64;
syscall_handler sys_getrlimit;
syscall_handler sys_setrlimit;
syscall_handler sys_getrusage;
syscall_handler sys_times;
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
syscall_handler sys_personality;
syscall_handler sys_rseq;
syscall_handler sys_prctl;
syscall_handler sys_syslog;
syscall_handler sys_wait4;
syscall_handler sys_waitid;

#endif
