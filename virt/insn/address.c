/*
 * Addresses of loads and stores; see insn.h. Offsets: Unprivileged ISA, "Base Instruction Formats"
 * and, for compressed instructions, "Instruction Set Listings for RVC".
 */
#include <base/errno.h>
#include <insn/insn.h>

enum {
    OPCODE_LOAD = 0x03,
    OPCODE_LOAD_FP = 0x07,
    OPCODE_MISC_MEM = 0x0f,
    OPCODE_STORE = 0x23,
    OPCODE_STORE_FP = 0x27,
    OPCODE_AMO = 0x2f,

    FUNCT3_CBO = 2,
    FUNCT5_LR = 2,
};

/* Extract bits of an instruction and move them to their position in the offset. */
static unsigned field(uint32_t insn, unsigned low, unsigned nr_bits, unsigned to)
{
    return (insn >> low & ((1u << nr_bits) - 1)) << to;
}

static unsigned reg_at(uint32_t insn, unsigned low)
{
    return field(insn, low, 5, 0);
}

static int decode_standard(uint32_t insn, struct insn_address *a)
{
    const unsigned funct3 = field(insn, 12, 3, 0);
    const int load_offset = (int32_t)insn >> 20;
    const int store_offset = (int)(((uint32_t)load_offset & ~0x1fu) | reg_at(insn, 7));

    *a = (struct insn_address){.base = (uint8_t)reg_at(insn, 15),
                               .size = (uint8_t)(1u << (funct3 & 3))};
    switch (field(insn, 0, 7, 0)) {
    case OPCODE_LOAD:
        a->offset = (int16_t)load_offset;
        return funct3 == 7 ? -EINVAL : 0;
    case OPCODE_LOAD_FP: /* 0 and above 4: vectors */
        a->offset = (int16_t)load_offset;
        return funct3 == 0 || funct3 > 3 ? -EINVAL : 0;
    case OPCODE_STORE:
        a->offset = (int16_t)store_offset;
        a->is_store = true;
        return funct3 > 3 ? -EINVAL : 0;
    case OPCODE_STORE_FP:
        a->offset = (int16_t)store_offset;
        a->is_store = true;
        return funct3 == 0 || funct3 > 3 ? -EINVAL : 0;
    case OPCODE_AMO:
        a->is_store = field(insn, 27, 5, 0) != FUNCT5_LR;
        return funct3 > 3 ? -EINVAL : 0;
    case OPCODE_MISC_MEM:
        a->size = 1;
        a->is_store = true;
        return funct3 == FUNCT3_CBO ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* Zcb: c.lbu c.lhu c.lh c.sb c.sh. */
static int decode_zcb(uint32_t insn, struct insn_address *a)
{
    const unsigned kind = field(insn, 10, 3, 0);
    const bool is_byte = kind % 2 == 0;

    a->size = is_byte ? 1 : 2;
    a->offset =
        (int16_t)(is_byte ? field(insn, 6, 1, 0) | field(insn, 5, 1, 1) : field(insn, 5, 1, 1));
    a->is_store = kind >= 2;
    return kind > 3 ? -EINVAL : 0;
}

/* funct3 1 2 3: loads of a float double, a word, a doubleword; 5 6 7: the same stores. */
static int decode_compressed(uint32_t insn, struct insn_address *a)
{
    const unsigned funct3 = field(insn, 13, 3, 0);
    const bool is_word = (funct3 & 3) == 2;

    *a = (struct insn_address){.size = is_word ? 4 : 8, .is_store = funct3 >= 4};
    if (field(insn, 0, 2, 0) == 0) {
        a->base = (uint8_t)(8 + field(insn, 7, 3, 0));
        if (funct3 == 4)
            return decode_zcb(insn, a);
        a->offset =
            (int16_t)(field(insn, 10, 3, 3) | (is_word ? field(insn, 6, 1, 2) | field(insn, 5, 1, 6)
                                                       : field(insn, 5, 2, 6)));
        return funct3 == 0 ? -EINVAL : 0;
    }
    if (field(insn, 0, 2, 0) != 2 || funct3 % 4 == 0)
        return -EINVAL;
    a->base = 2;
    if (a->is_store)
        a->offset = (int16_t)(is_word ? field(insn, 9, 4, 2) | field(insn, 7, 2, 6)
                                      : field(insn, 10, 3, 3) | field(insn, 7, 3, 6));
    else
        a->offset = (int16_t)(field(insn, 12, 1, 5) |
                              (is_word ? field(insn, 4, 3, 2) | field(insn, 2, 2, 6)
                                       : field(insn, 5, 2, 3) | field(insn, 2, 3, 6)));
    return 0;
}

int insn_decode_address(uint32_t insn, struct insn_address *address)
{
    if (insn_length((uint16_t)insn) == 4)
        return decode_standard(insn, address);
    return decode_compressed(insn & 0xffff, address);
}
