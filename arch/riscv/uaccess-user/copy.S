/*
 * User access across the privilege line: sstatus.SUM is set only during accesses. A trap in between
 * clears it for the handler and restores it on return.
 */
#include <riscv/asm.h>
#include <riscv/csr.h>

.macro uaccess_begin
    li      t6, SSTATUS_SUM
    csrs    sstatus, t6
.endm
.macro uaccess_end
    li      t6, SSTATUS_SUM
    csrc    sstatus, t6
.endm

#include <riscv/uaccess_copy.h>
