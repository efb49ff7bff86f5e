/*
 * Values of scause: privileged specification, table "Supervisor cause register values". Macros
 * only, also for assembly.
 */
#ifndef ARCH_IMPL_CAUSE_H
#define ARCH_IMPL_CAUSE_H

#define TRAP_INTERRUPT           (1ull << 63)
#define TRAP_IRQ_SOFTWARE        1
#define TRAP_IRQ_TIMER           5
#define TRAP_IRQ_EXTERNAL        9
#define TRAP_IRQ_GUEST_EXTERNAL  12
#define TRAP_FETCH_MISALIGNED    0
#define TRAP_FETCH_ACCESS        1
#define TRAP_ILLEGAL             2
#define TRAP_BREAKPOINT          3
#define TRAP_LOAD_MISALIGNED     4
#define TRAP_LOAD_ACCESS         5
#define TRAP_STORE_MISALIGNED    6
#define TRAP_STORE_ACCESS        7
#define TRAP_ECALL_USER          8
#define TRAP_ECALL_KERNEL        9
#define TRAP_ECALL_GUEST         10
#define TRAP_FETCH_PAGE          12
#define TRAP_LOAD_PAGE           13
#define TRAP_STORE_PAGE          15
#define TRAP_GUEST_FETCH_PAGE    20
#define TRAP_GUEST_LOAD_PAGE     21
#define TRAP_GUEST_VIRTUAL_INSTR 22
#define TRAP_GUEST_STORE_PAGE    23

#endif
