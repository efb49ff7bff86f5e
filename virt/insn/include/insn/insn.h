/*
 * Decodes the loads and stores that a guest executes on emulated device registers.
 *
 * Pure: no state, no memory access; the caller passes the instruction's bits, from htinst or
 * fetched from the guest. Follows the RISC-V Unprivileged ISA, chapters "Load and Store
 * Instructions" and "C Standard Extension", and the Privileged ISA, section 8.6.3 "Transformed
 * Instruction or Pseudoinstruction for mtinst or htinst".
 *
 * Not here: atomics (AMO, LR/SC) on device registers and float or vector accesses. They decode to
 * -EINVAL and the guest gets an access fault, as from a bus that does not support them.
 */
#ifndef INSN_INSN_H
#define INSN_INSN_H

#include <base/compiler.h>
#include <base/types.h>

struct insn_access {
    uint8_t size;   /* 1, 2, 4 or 8 bytes */
    uint8_t length; /* of the instruction: 2 or 4 bytes */
    uint8_t reg;    /* destination of a load, source of a store: x0 to x31 */
    bool is_store;
    bool is_sign_extended; /* loads only */
};

/*
 * Decode an instruction as fetched from memory (32 bits; the upper half is ignored if compressed).
 * 0, or -EINVAL if it is not an integer load or store.
 */
int insn_decode_access(uint32_t insn, struct insn_access *access) MUST_CHECK;

/*
 * Decode htinst (or mtinst). 0; -ENODATA if htinst is zero and the instruction must be fetched;
 * -EFAULT for a pseudo-instruction (bit 0 clear): the fault came from the guest's page walk;
 * -EINVAL if it is not an integer load or store.
 */
int insn_decode_htinst(uint64_t htinst, struct insn_access *access) MUST_CHECK;

/* The address of a load or store of any kind: x[base] + offset. */
struct insn_address {
    uint8_t base; /* x0 to x31 */
    int16_t offset;
    uint8_t size;  /* bytes; of a cache block operation 1: its address lies anywhere in the block */
    bool is_store; /* as its faults report it: atomics but LR are stores */
};

/*
 * Decode the address of an instruction as fetched: integer and float loads and stores, atomics,
 * cache block operations. 0, or -EINVAL: no memory access, or not of this form (vectors).
 */
int insn_decode_address(uint32_t insn, struct insn_address *address) MUST_CHECK;

/* Return the length in bytes (2 or 4) of the instruction with these first 16 bits. */
static inline unsigned insn_length(uint16_t first)
{
    return (first & 3) == 3 ? 4 : 2;
}

/* Extend `raw` (the low access->size bytes) to the value of the destination register. */
uint64_t insn_load_value(const struct insn_access *access, uint64_t raw);

#endif
