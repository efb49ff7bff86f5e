/*
 * Shared by the files of arch/riscv/hext only: the results of probing this machine.
 */
#ifndef HEXT_INTERNAL_H
#define HEXT_INTERNAL_H

#include <guest/guest.h>
#include <riscv/csr.h>

/* Privileged specification, table 2.3; stateen: Smstateen. */
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSIP       0x244
#define CSR_VSTIMECMP  0x24d
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HENVCFG    0x60a
#define CSR_HTVAL      0x643
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680

#define HSTATUS_SPV    (1ul << 7)
#define HSTATUS_SPVP   (1ul << 8)
#define HSTATUS_VTW    (1ul << 21)
#define HSTATUS_VSXL64 (2ul << 32)

#define SSTATUS_UXL64 (2ul << 32)

#define HENVCFG_STCE (1ul << 63)
#define HENVCFG_ADUE (1ul << 61) /* the hart sets A and D bits in the guest's tables */

/* Which of HEXT_CSRS_OPTIONAL exist, and whether henvcfg.ADUE can be set. [I] */
struct hext_optional {
    bool vsiselect, jvt, adue;
};
extern struct hext_optional hext_optional;

#endif
