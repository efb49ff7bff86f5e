/*
 * Assembly bodies of the two uaccess providers: accesses to a program's memory, with an exception-table
 * entry for each instruction that may fault. Before the include, define
 *   uaccess_begin, uaccess_end   macros that open and close access (they may use t6 only)
 */

/* Loads or stores that may fault, going on at \fix. */
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

/*
 * size_t raw_copy(void *dst, const void *src, size_t n): returns how many bytes were not copied. Words
 * when both are equally aligned, else bytes. A fault among words goes on byte by byte and so ends at the
 * first byte that cannot be reached.
 */
function raw_copy
    uaccess_begin
    xor     t0, a0, a1
    andi    t0, t0, 7
    bnez    t0, .Lcopy_bytes
    li      t0, 16
    bltu    a2, t0, .Lcopy_bytes
1:  andi    t0, a0, 7                   /* up to the first word */
    beqz    t0, 2f
    may_fault .Lcopy_out, lbu t1, 0(a1)
    may_fault .Lcopy_out, sb t1, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       1b
2:  li      t5, 64
3:  bltu    a2, t5, 4f
    .irp n, 0, 8, 16, 24, 32, 40, 48, 56
    .if \n % 32 == 0
    may_fault .Lcopy_bytes, ld t0, \n(a1)
    may_fault .Lcopy_bytes, ld t1, \n+8(a1)
    may_fault .Lcopy_bytes, ld t2, \n+16(a1)
    may_fault .Lcopy_bytes, ld t3, \n+24(a1)
    may_fault .Lcopy_bytes, sd t0, \n(a0)
    may_fault .Lcopy_bytes, sd t1, \n+8(a0)
    may_fault .Lcopy_bytes, sd t2, \n+16(a0)
    may_fault .Lcopy_bytes, sd t3, \n+24(a0)
    .endif
    .endr
    addi    a0, a0, 64
    addi    a1, a1, 64
    addi    a2, a2, -64
    j       3b
4:  li      t5, 8
5:  bltu    a2, t5, .Lcopy_bytes
    may_fault .Lcopy_bytes, ld t0, 0(a1)
    may_fault .Lcopy_bytes, sd t0, 0(a0)
    addi    a0, a0, 8
    addi    a1, a1, 8
    addi    a2, a2, -8
    j       5b
.Lcopy_bytes:
    beqz    a2, .Lcopy_out
    may_fault .Lcopy_out, lbu t0, 0(a1)
    may_fault .Lcopy_out, sb t0, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       .Lcopy_bytes
.Lcopy_out:
    uaccess_end
    mv      a0, a2
    ret

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
