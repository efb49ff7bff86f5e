/*
 * The load/store decoder; see insn.h.
 */
#include <base/errno.h>
#include <insn/insn.h>

enum {
    OPCODE_LOAD = 0x03,
    OPCODE_STORE = 0x23,
    HTINST_NOT_COMPRESSED =
        2, /* bit 1 of a transformed instruction: clear if it was 16 bits long */
};

static unsigned bits(uint32_t insn, unsigned low, unsigned nr_bits)
{
    return insn >> low & ((1u << nr_bits) - 1);
}

/* funct3 of LOAD: lb lh lw ld lbu lhu lwu; of STORE: sb sh sw sd. */
static int decode_standard(uint32_t insn, struct insn_access *access)
{
    const unsigned opcode = bits(insn, 0, 7);
    const unsigned funct3 = bits(insn, 12, 3);

    if (opcode == OPCODE_LOAD && funct3 != 7) {
        *access = (struct insn_access){.size = (uint8_t)(1u << (funct3 & 3)),
                                       .length = 4,
                                       .reg = (uint8_t)bits(insn, 7, 5),
                                       .is_sign_extended = funct3 < 4};
        return 0;
    }
    if (opcode == OPCODE_STORE && funct3 < 4) {
        *access = (struct insn_access){.size = (uint8_t)(1u << funct3),
                                       .length = 4,
                                       .reg = (uint8_t)bits(insn, 20, 5),
                                       .is_store = true};
        return 0;
    }
    return -EINVAL;
}

/*
 * Quadrant 0: c.lw c.ld c.sw c.sd, registers x8 to x15 in bits 4:2, and Zcb's c.lbu c.lhu c.lh c.sb
 * c.sh; quadrant 2: c.lwsp c.ldsp (register in 11:7, x0 reserved) c.swsp c.sdsp (register in 6:2).
 */
static int decode_compressed(uint32_t insn, struct insn_access *access)
{
    const unsigned quadrant = bits(insn, 0, 2);
    const unsigned funct3 = bits(insn, 13, 3);
    const uint8_t reg_short = (uint8_t)(8 + bits(insn, 2, 3));
    const uint8_t reg_rd = (uint8_t)bits(insn, 7, 5);
    const uint8_t reg_rs2 = (uint8_t)bits(insn, 2, 5);
    const uint8_t size = funct3 & 1 ? 8 : 4;

    *access = (struct insn_access){.size = size, .length = 2};
    if (quadrant == 0 && (funct3 == 2 || funct3 == 3)) {
        access->reg = reg_short;
        access->is_sign_extended = true;
        return 0;
    }
    if (quadrant == 0 && (funct3 == 6 || funct3 == 7)) {
        access->reg = reg_short;
        access->is_store = true;
        return 0;
    }
    if (quadrant == 2 && (funct3 == 2 || funct3 == 3) && reg_rd != 0) {
        access->reg = reg_rd;
        access->is_sign_extended = true;
        return 0;
    }
    if (quadrant == 2 && (funct3 == 6 || funct3 == 7)) {
        access->reg = reg_rs2;
        access->is_store = true;
        return 0;
    }
    if (quadrant == 0 && funct3 == 4) {
        const unsigned kind = bits(insn, 10, 3);
        const unsigned is_h = bits(insn, 6, 1);

        access->reg = reg_short;
        switch (kind) {
        case 0: /* c.lbu */
            access->size = 1;
            return 0;
        case 1: /* c.lhu, c.lh */
            access->size = 2;
            access->is_sign_extended = is_h;
            return 0;
        case 2: /* c.sb */
            access->size = 1;
            access->is_store = true;
            return 0;
        case 3: /* c.sh, with bit 6 clear */
            access->size = 2;
            access->is_store = true;
            return is_h ? -EINVAL : 0;
        default:
            return -EINVAL;
        }
    }
    return -EINVAL;
}

int insn_decode_access(uint32_t insn, struct insn_access *access)
{
    if (insn_length((uint16_t)insn) == 4)
        return decode_standard(insn, access);
    return decode_compressed(insn & 0xffff, access);
}

int insn_decode_htinst(uint64_t htinst, struct insn_access *access)
{
    if (htinst == 0)
        return -ENODATA;
    if ((htinst & 1) == 0)
        return -EFAULT;

    int err = decode_standard((uint32_t)htinst | HTINST_NOT_COMPRESSED, access);
    if (err)
        return err;
    access->length = htinst & HTINST_NOT_COMPRESSED ? 4 : 2;
    return 0;
}

uint64_t insn_load_value(const struct insn_access *access, uint64_t raw)
{
    const unsigned unused = 64 - 8u * access->size;

    if (access->is_sign_extended)
        return (uint64_t)((int64_t)(raw << unused) >> unused);
    return raw << unused >> unused;
}
