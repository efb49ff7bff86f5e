/*
 * Every CSR that a guest can access in VS or VU mode, and how it is handled:
 *
 *   switched   the guest's own: saved and restored with the vCPU
 *   trapped    a virtual instruction, which virt/vcpu makes an illegal one
 *   constant   the same for all guests, and no guest changes it
 *
 *   fflags frm fcsr                           switched lazily, with the float registers
 *   vstart vxsat vxrm vcsr vl vtype vlenb     trapped: sstatus.VS is off
 *   ssp                                       trapped: henvcfg.SSE is clear
 *   seed                                      trapped always
 *   jvt                                       switched, or trapped by hstateen0 where there is one
 *   cycle time instret hpmcounterN scountovf  constant: read-only; hcounteren lets them be read
 *   sstatus sie sip stvec sscratch sepc
 *   scause stval satp                         switched: vsstatus ... vsatp; sip by hvip
 *   stimecmp                                  switched: vstimecmp; trapped without henvcfg.STCE
 *   scounteren senvcfg                        switched: they have no VS copy
 *   siselect                                  switched: vsiselect; or trapped by hstateen0
 *   sireg* stopei                             trapped: hstatus.VGEIN is 0
 *   stopi                                     constant: nothing but what sip and sie say, as
 *                                             hvictl is 0; or trapped by hstateen0
 *   sstateenN                                 trapped by hstateenN
 *   sctr* srmcfg scontext scountinhibit       trapped by hstateen0, or always
 *   h* and vs*                                trapped always
 *
 * hstateen0 opens nothing but senvcfg. The test is tests/guests/csrs.c: two guests that write and
 * read all 4096 numbers.
 */
#ifndef HEXT_CSRS_H
#define HEXT_CSRS_H

/* X(member of struct hext_csrs, number): every hart has them. */
#define HEXT_CSRS_SWITCHED(X)                                                                      \
    X(vsstatus, 0x200)                                                                             \
    X(vsie, 0x204)                                                                                 \
    X(vstvec, 0x205)                                                                               \
    X(vsscratch, 0x240)                                                                            \
    X(vsepc, 0x241)                                                                                \
    X(vscause, 0x242)                                                                              \
    X(vstval, 0x243)                                                                               \
    X(vsatp, 0x280)                                                                                \
    X(hvip, 0x645)                                                                                 \
    X(scounteren, 0x106)                                                                           \
    X(senvcfg, 0x10a)

/* CSRs that only some harts have; probed once at boot. */
#define HEXT_CSRS_OPTIONAL(X)                                                                      \
    X(vsiselect, 0x250)                                                                            \
    X(jvt, 0x017)

#endif
