/*
 * Access within one address space: the program's pages are kernel pages of the user half, and nothing
 * has to be opened. A bad pointer still ends in an error.
 */
#include <riscv/asm.h>

.macro uaccess_begin
.endm
.macro uaccess_end
.endm

#include <riscv/uaccess_copy.h>
