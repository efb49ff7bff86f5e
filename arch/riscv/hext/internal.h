/*
 * Shared by the files of arch/riscv/hext only: the results of probing this machine.
 */
#ifndef HEXT_INTERNAL_H
#define HEXT_INTERNAL_H

#include <guest/guest.h>
#include <riscv/csr.h>

/* Which of HEXT_CSRS_OPTIONAL exist, and whether henvcfg.ADUE can be set. [I] */
struct hext_optional {
    bool vsiselect, jvt, adue;
};
extern struct hext_optional hext_optional;

#endif
