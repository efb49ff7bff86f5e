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

/* X(member of struct hext_csrs, number by <riscv/csr.h>): every hart has them. */
#define HEXT_CSRS_SWITCHED(X)                                                                      \
    X(vsstatus, CSR_VSSTATUS)                                                                      \
    X(vsie, CSR_VSIE)                                                                              \
    X(vstvec, CSR_VSTVEC)                                                                          \
    X(vsscratch, CSR_VSSCRATCH)                                                                    \
    X(vsepc, CSR_VSEPC)                                                                            \
    X(vscause, CSR_VSCAUSE)                                                                        \
    X(vstval, CSR_VSTVAL)                                                                          \
    X(vsatp, CSR_VSATP)                                                                            \
    X(hvip, CSR_HVIP)                                                                              \
    X(scounteren, CSR_SCOUNTEREN)                                                                  \
    X(senvcfg, CSR_SENVCFG)

/* CSRs that only some harts have; probed once at boot. */
#define HEXT_CSRS_OPTIONAL(X)                                                                      \
    X(vsiselect, CSR_VSISELECT)                                                                    \
    X(jvt, CSR_JVT)

#endif
