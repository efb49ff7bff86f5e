/*
 * Assembly bodies of the two uaccess providers: accesses to a program's memory, with an exception-table
 * entry for each instruction that may fault. Before the include, define
 *   uaccess_begin, uaccess_end   macros that open and close access (they may use t6 only)
 */
#include <riscv/uaccess_probe.h>

/* Load or store that may fault; then continues at \fix. */
.macro may_fault fix, insn:vararg
9999:
    \insn
    ex_entry 9999b, \fix
.endm

.macro function name
    .globl \name
    .type \name, @function
    .balign 4
\name:
.endm

    .text

/* Copy nr words from \offset on through t0..t3; nr is a multiple of 4. */
.macro copy_block offset, nr, fix
    may_fault \fix, ld t0, \offset(a1)
    may_fault \fix, ld t1, \offset+8(a1)
    may_fault \fix, ld t2, \offset+16(a1)
    may_fault \fix, ld t3, \offset+24(a1)
    may_fault \fix, sd t0, \offset(a0)
    may_fault \fix, sd t1, \offset+8(a0)
    may_fault \fix, sd t2, \offset+16(a0)
    may_fault \fix, sd t3, \offset+24(a0)
    .if \nr > 4
    copy_block \offset+32, \nr-4, \fix
    .endif
.endm

/* Copy bytes until a0 is aligned to a word; there are enough. */
.macro copy_head
1:  andi    t0, a0, 7
    beqz    t0, 2f
    may_fault .Lcopy_out, lbu t1, 0(a1)
    may_fault .Lcopy_out, sb t1, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       1b
2:
.endm

/* The word at \offset(a0) from \low, the source's word that it begins in, and the next, which goes to \high. */
.macro merge_word low, high, offset
    may_fault .Lcopy_merge_fault, ld \high, \offset+8(a6)
    srl     t4, \low, a4
    sll     t5, \high, a5
    or      t4, t4, t5
    may_fault .Lcopy_merge_fault, sd t4, \offset(a0)
.endm

/*
 * size_t raw_copy(void *dst, const void *src, size_t n): returns how many bytes were not copied.
 *
 * Copies words if both are equally aligned. Otherwise misaligned words if uaccess_cpu_init() found
 * them fast, else aligned words of the source, shifted and merged. Each of those contains at least
 * one wanted byte, so it lies in a wanted page.
 *
 * After a fault among words the copy continues byte by byte from the last point where a0, a1 and a2
 * were in step: some bytes are stored again, and the copy ends at the first inaccessible byte.
 */
function raw_copy
    uaccess_begin
    xor     t0, a0, a1
    li      t1, 16
    andi    t0, t0, 7
    bltu    a2, t1, .Lcopy_bytes
    bnez    t0, .Lcopy_unlike
    copy_head
.Lcopy_blocks:                          /* here a1 may be misaligned, see above */
    li      t5, 128
    bltu    a2, t5, 4f
    andi    t4, a2, -128
    add     t4, a0, t4
3:  copy_block 0, 16, .Lcopy_bytes
    addi    a2, a2, -128
    addi    a0, a0, 128
    addi    a1, a1, 128
    bltu    a0, t4, 3b
4:  li      t5, 32
    bltu    a2, t5, 6f
5:  copy_block 0, 4, .Lcopy_bytes
    addi    a2, a2, -32
    addi    a0, a0, 32
    addi    a1, a1, 32
    bgeu    a2, t5, 5b
6:  li      t5, 8
    bltu    a2, t5, .Lcopy_bytes
7:  may_fault .Lcopy_bytes, ld t0, 0(a1)
    may_fault .Lcopy_bytes, sd t0, 0(a0)
    addi    a2, a2, -8
    addi    a0, a0, 8
    addi    a1, a1, 8
    bgeu    a2, t5, 7b
.Lcopy_bytes:
    beqz    a2, .Lcopy_out
8:  may_fault .Lcopy_out, lbu t0, 0(a1)
    may_fault .Lcopy_out, sb t0, 0(a0)
    addi    a2, a2, -1
    addi    a0, a0, 1
    addi    a1, a1, 1
    bnez    a2, 8b
.Lcopy_out:
    uaccess_end
    mv      a0, a2
    ret

.Lcopy_unlike:
    lbu     t1, uaccess_words_anywhere
    beqz    t1, .Lcopy_merge
    may_fault .Lcopy_bytes, ld t1, 0(a1)
    may_fault .Lcopy_bytes, sd t1, 0(a0)
    andi    t0, a0, 7                   /* advance to where stores are aligned: 1 to 8 bytes */
    addi    t0, t0, -8
    sub     a0, a0, t0
    sub     a1, a1, t0
    add     a2, a2, t0
    j       .Lcopy_blocks

.Lcopy_merge:                           /* a1 = a6 + a3, t0 holds the word at a6 */
    copy_head
    andi    a3, a1, 7
    sub     a6, a1, a3
    slli    a4, a3, 3
    neg     a5, a4
    may_fault .Lcopy_bytes, ld t0, 0(a6)
    li      a7, 32
    bltu    a2, a7, 4f
3:  merge_word t0, t1, 0
    merge_word t1, t2, 8
    merge_word t2, t3, 16
    merge_word t3, t0, 24
    addi    a2, a2, -32
    addi    a0, a0, 32
    addi    a6, a6, 32
    bgeu    a2, a7, 3b
4:  li      a7, 8
5:  bltu    a2, a7, .Lcopy_merge_fault
    merge_word t0, t1, 0
    mv      t0, t1
    addi    a2, a2, -8
    addi    a0, a0, 8
    addi    a6, a6, 8
    j       5b
.Lcopy_merge_fault:
    add     a1, a6, a3
    j       .Lcopy_bytes

/* size_t raw_clear(void *dst, size_t n): returns how many bytes were not cleared. */
function raw_clear
    uaccess_begin
1:  andi    t0, a0, 7
    beqz    t0, 2f
    beqz    a1, .Lclear_out
    may_fault .Lclear_out, sb zero, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, -1
    j       1b
2:  li      t5, 64
3:  bltu    a1, t5, .Lclear_bytes
    .irp n, 0, 8, 16, 24, 32, 40, 48, 56
    may_fault .Lclear_bytes, sd zero, \n(a0)
    .endr
    addi    a0, a0, 64
    addi    a1, a1, -64
    j       3b
.Lclear_bytes:
    beqz    a1, .Lclear_out
    may_fault .Lclear_out, sb zero, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, -1
    j       .Lclear_bytes
.Lclear_out:
    uaccess_end
    mv      a0, a1
    ret

/*
 * long raw_strncpy(char *dst, const char *src, size_t max): the length without the NUL; max if there is
 * none in max bytes; -1 if one of them cannot be read.
 */
function raw_strncpy
    uaccess_begin
    mv      t1, a2
1:  beqz    a2, 2f
    may_fault .Lstr_fault, lbu t0, 0(a1)
    sb      t0, 0(a0)
    beqz    t0, 2f
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       1b
2:  uaccess_end
    sub     a0, t1, a2
    ret
.Lstr_fault:
    uaccess_end
    li      a0, -1
    ret

/* long raw_load32(uint32_t *value, addr) and so on: 0, or -1 for a fault. */
.macro raw_load name, load, store
function \name
    uaccess_begin
    may_fault .Lfault, \load t0, 0(a1)
    uaccess_end
    \store  t0, 0(a0)
    li      a0, 0
    ret
.endm
.macro raw_store name, store
function \name
    uaccess_begin
    may_fault .Lfault, \store a1, 0(a0)
    uaccess_end
    li      a0, 0
    ret
.endm
raw_load raw_load32, lw, sw
raw_load raw_load64, ld, sd
raw_store raw_store32, sw
raw_store raw_store64, sd

/* long raw_cmpxchg32(addr, uint32_t expected, uint32_t desired, uint32_t *old) */
function raw_cmpxchg32
    uaccess_begin
    sext.w  a1, a1
1:  may_fault .Lfault, lr.w.aqrl t0, (a0)
    bne     t0, a1, 2f
    may_fault .Lfault, sc.w.rl t1, a2, (a0)
    bnez    t1, 1b
2:  uaccess_end
    sw      t0, 0(a3)
    li      a0, 0
    ret

/* long raw_amo32_OP(addr, uint32_t operand, uint32_t *old) */
.macro raw_amo name, insn
function \name
    uaccess_begin
    may_fault .Lfault, \insn t0, a1, (a0)
    uaccess_end
    sw      t0, 0(a2)
    li      a0, 0
    ret
.endm
raw_amo raw_amo32_set, amoswap.w.aqrl
raw_amo raw_amo32_add, amoadd.w.aqrl
raw_amo raw_amo32_or, amoor.w.aqrl
raw_amo raw_amo32_and, amoand.w.aqrl
raw_amo raw_amo32_xor, amoxor.w.aqrl

.Lfault:
    uaccess_end
    li      a0, -1
    ret

/*
 * long raw_probe_words(void *buf), raw_probe_bytes: copy PROBE_SIZE bytes from the misaligned address
 * buf to buf + PROBE_SIZE, in the kernel's memory. -1 if the hart does not do that at all.
 */
.macro raw_probe name, load, store, step
function \name
    addi    t2, a0, PROBE_SIZE
1:
    .rept 8
    may_fault .Lprobe_fault, \load t0, 0(a0)
    may_fault .Lprobe_fault, \store t0, PROBE_SIZE(a0)
    addi    a0, a0, \step
    .endr
    bltu    a0, t2, 1b
    li      a0, 0
    ret
.endm
raw_probe raw_probe_words, ld, sd, 8
raw_probe raw_probe_bytes, lbu, sb, 1
.Lprobe_fault:
    li      a0, -1
    ret
