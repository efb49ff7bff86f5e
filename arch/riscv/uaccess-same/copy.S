/*
 * User access within one address space: the program's pages are kernel pages of the user half, so
 * there is nothing to enable. A bad pointer still ends in an error.
 */
#include <riscv/asm.h>

.macro uaccess_begin
.endm
.macro uaccess_end
.endm

#include <riscv/uaccess_copy.h>
