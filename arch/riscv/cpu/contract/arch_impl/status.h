/*
 * Bits of sstatus, sie and sip: privileged specification, chapter "Supervisor-Level ISA". For
 * arch/riscv and the inline bodies of the contract only; also for assembly.
 */
#ifndef ARCH_IMPL_STATUS_H
#define ARCH_IMPL_STATUS_H

#define SSTATUS_SIE        (1ul << 1)
#define SSTATUS_SPIE       (1ul << 5)
#define SSTATUS_SPP        (1ul << 8)
#define SSTATUS_VS         (3ul << 9)
#define SSTATUS_FS         (3ul << 13)
#define SSTATUS_FS_INITIAL (1ul << 13)
#define SSTATUS_FS_CLEAN   (2ul << 13)
#define SSTATUS_FS_DIRTY   (3ul << 13)
#define SSTATUS_SUM        (1ul << 18)
#define SSTATUS_UXL64      (2ul << 32)
#define SSTATUS_SD         (1ul << 63)

#define SIE_SSIE (1ul << 1)
#define SIE_STIE (1ul << 5)
#define SIE_SEIE (1ul << 9)

#define SIP_SSIP (1ul << 1)

#endif
