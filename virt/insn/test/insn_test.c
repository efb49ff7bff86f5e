/*
 * Every load and store, standard and compressed, against encodings taken from the assembler, and
 * all 2^16 compressed words for words that are not loads or stores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <insn/insn.h>

struct expected {
    uint32_t insn;
    uint8_t size, length, reg;
    bool is_store, is_signed;
};

/* clang-format off */
static const struct expected table[] = {
    /* Encodings by riscv64-linux-gnu-as of the instruction in the comment. */
    {0x00458503, 1, 4, 10, false, true},  /* lb a0,4(a1) */
    {0x00459503, 2, 4, 10, false, true},  /* lh a0,4(a1) */
    {0x0045a503, 4, 4, 10, false, true},  /* lw a0,4(a1) */
    {0x0045b503, 8, 4, 10, false, true},  /* ld a0,4(a1) */
    {0x0045c503, 1, 4, 10, false, false}, /* lbu a0,4(a1) */
    {0x0045d503, 2, 4, 10, false, false}, /* lhu a0,4(a1) */
    {0x0045e503, 4, 4, 10, false, false}, /* lwu a0,4(a1) */
    {0x01f58223, 1, 4, 31, true, false},  /* sb t6,4(a1) */
    {0x01f59223, 2, 4, 31, true, false},  /* sh t6,4(a1) */
    {0x01f5a223, 4, 4, 31, true, false},  /* sw t6,4(a1) */
    {0x01f5b223, 8, 4, 31, true, false},  /* sd t6,4(a1) */
    {0x0005a003, 4, 4, 0, false, true},   /* lw zero,0(a1) */
    {0x41c8, 4, 2, 10, false, true},      /* c.lw a0,4(a1) */
    {0x6588, 8, 2, 10, false, true},      /* c.ld a0,8(a1) */
    {0xc1c8, 4, 2, 10, true, false},      /* c.sw a0,4(a1) */
    {0xe588, 8, 2, 10, true, false},      /* c.sd a0,8(a1) */
    {0x4fb2, 4, 2, 31, false, true},      /* c.lwsp t6,12(sp) */
    {0x6fa2, 8, 2, 31, false, true},      /* c.ldsp t6,8(sp) */
    {0xc67e, 4, 2, 31, true, false},      /* c.swsp t6,12(sp) */
    {0xe47e, 8, 2, 31, true, false},      /* c.sdsp t6,8(sp) */
};
/* clang-format on */

struct expected_address {
    uint32_t insn;
    uint8_t base, size;
    int16_t offset;
    bool is_store;
};

/* clang-format off */
static const struct expected_address addresses[] = {
    {0xff85c503, 11, 1, -8, false},    /* lbu a0,-8(a1) */
    {0x7ff5b503, 11, 8, 2047, false},  /* ld a0,2047(a1) */
    {0x80a5b023, 11, 8, -2048, true},  /* sd a0,-2048(a1) */
    {0xfea59fa3, 11, 2, -1, true},     /* sh a0,-1(a1) */
    {0x0085b507, 11, 8, 8, false},     /* fld fa0,8(a1) */
    {0x00a5a227, 11, 4, 4, true},      /* fsw fa0,4(a1) */
    {0x08b6a52f, 13, 4, 0, true},      /* amoswap.w a0,a1,(a3) */
    {0x1005a52f, 11, 4, 0, false},     /* lr.w a0,(a1) */
    {0x18c5b52f, 11, 8, 0, true},      /* sc.d a0,a2,(a1) */
    {0x0045a00f, 11, 1, 0, true},      /* cbo.zero (a1) */
    {0x5dfc, 11, 4, 124, false},       /* c.lw a5,124(a1) */
    {0x7dfc, 11, 8, 248, false},       /* c.ld a5,248(a1) */
    {0xddfc, 11, 4, 124, true},        /* c.sw a5,124(a1) */
    {0xe99c, 11, 8, 16, true},         /* c.sd a5,16(a1) */
    {0x3588, 11, 8, 40, false},        /* c.fld fa0,40(a1) */
    {0x57fe, 2, 4, 252, false},        /* c.lwsp a5,252(sp) */
    {0x77fe, 2, 8, 504, false},        /* c.ldsp a5,504(sp) */
    {0xdfbe, 2, 4, 252, true},         /* c.swsp a5,252(sp) */
    {0xffbe, 2, 8, 504, true},         /* c.sdsp a5,504(sp) */
    {0xbfaa, 2, 8, 504, true},         /* c.fsdsp fa0,504(sp) */
    {0x81bc, 11, 1, 2, false},         /* c.lbu a5,2(a1) */
    {0x85fc, 11, 2, 2, false},         /* c.lh a5,2(a1) */
    {0x89fc, 11, 1, 3, true},          /* c.sb a5,3(a1) */
    {0x8dbc, 11, 2, 2, true},          /* c.sh a5,2(a1) */
};

/* addi, jal, wfi, csrr, fence, a vector load, a reserved AMO; c.addi, c.nop, c.mv, c.addi4spn. */
static const uint32_t no_addresses[] = {
    0x00458513, 0x0000006f, 0x10500073, 0x10002573, 0x0ff0000f, 0x02058007, 0x08b6f52f,
    0x0505,     0x0001,     0x852e,     0x0808,
};
/* clang-format on */

static void test_addresses(void **state)
{
    struct insn_address a;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        assert_int_equal(insn_decode_address(addresses[i].insn, &a), 0);
        assert_int_equal(a.base, addresses[i].base);
        assert_int_equal(a.size, addresses[i].size);
        assert_int_equal(a.offset, addresses[i].offset);
        assert_int_equal(a.is_store, addresses[i].is_store);
    }
    for (size_t i = 0; i < ARRAY_SIZE(no_addresses); i++)
        assert_int_equal(insn_decode_address(no_addresses[i], &a), -EINVAL);
}

static void assert_access(const struct expected *e, const struct insn_access *a)
{
    assert_int_equal(a->size, e->size);
    assert_int_equal(a->length, e->length);
    assert_int_equal(a->reg, e->reg);
    assert_int_equal(a->is_store, e->is_store);
    assert_int_equal(a->is_sign_extended, e->is_signed);
}

static void test_every_load_and_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct insn_access a;

        assert_int_equal(insn_decode_access(table[i].insn, &a), 0);
        assert_access(&table[i], &a);
    }
}

/* The bits after a compressed instruction belong to the next one. */
static void test_upper_half_of_compressed_is_ignored(void **state)
{
    struct insn_access a;

    (void)state;
    assert_int_equal(insn_decode_access(0xffff41c8, &a), 0);
    assert_int_equal(a.length, 2);
    assert_int_equal(a.size, 4);
}

static void test_others_are_refused(void **state)
{
    static const uint32_t others[] = {
        0x00000013,         /* nop */
        0x0045f503,         /* LOAD with the reserved funct3 7 */
        0x01f5c223,         /* STORE with funct3 4 */
        0x1005a52f,         /* lr.w a0,(a1) */
        0x00a5a52f,         /* amoadd.w a0,a0,(a1) */
        0x0045b507,         /* fld fa0,4(a1) */
        0x00000000,         /* the defined illegal instruction */
        0xffffffff, 0x2588, /* c.fld fa0,8(a1) */
        0xa588,             /* c.fsd fa0,8(a1) */
        0x4032,             /* c.lwsp zero: reserved */
        0x9002,             /* c.ebreak */
    };
    struct insn_access a;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_int_equal(insn_decode_access(others[i], &a), -EINVAL);
}

/* 4 forms of 2^11 words, 2 sp loads of 31 registers x 2^6, 2 sp stores of 2^11, Zcb: 3.5 x 2^8. */
static void test_count_over_all_compressed_words(void **state)
{
    unsigned nr_decoded = 0;

    (void)state;
    for (uint32_t insn = 0; insn < 0x10000; insn++) {
        struct insn_access a;

        if ((insn & 3) == 3 || insn_decode_access(insn, &a) != 0)
            continue;
        nr_decoded++;
        assert_in_range(a.size, 1, 8);
        assert_int_equal(a.length, 2);
        assert_in_range(a.reg, 0, 31);
    }
    assert_int_equal(nr_decoded, 4 * 2048 + 2 * 31 * 64 + 2 * 2048 + 7 * 128);
}

static void test_htinst(void **state)
{
    struct insn_access a;

    (void)state;
    assert_int_equal(insn_decode_htinst(0, &a), -ENODATA);
    assert_int_equal(insn_decode_htinst(0x3000, &a), -EFAULT); /* 64-bit read for the page walk */
    assert_int_equal(insn_decode_htinst(0x3020, &a), -EFAULT); /* and write */
    assert_int_equal(insn_decode_htinst(0x0000a503, &a), 0);   /* lw a0 */
    assert_int_equal(a.length, 4);
    assert_int_equal(insn_decode_htinst(0x0000a501, &a), 0); /* the same from c.lw: bit 1 clear */
    assert_int_equal(a.length, 2);
    assert_int_equal(a.size, 4);
    assert_int_equal(a.reg, 10);
    assert_int_equal(insn_decode_htinst(0x00a0a52f, &a), -EINVAL); /* amoadd.w */
}

static void test_load_value(void **state)
{
    (void)state;
    const struct insn_access lb = {.size = 1, .is_sign_extended = true};
    const struct insn_access lhu = {.size = 2};
    const struct insn_access lw = {.size = 4, .is_sign_extended = true};
    const struct insn_access ld = {.size = 8, .is_sign_extended = true};

    assert_true(insn_load_value(&lb, 0x1280) == 0xffffffffffffff80ull);
    assert_true(insn_load_value(&lhu, 0xfff8000) == 0x8000);
    assert_true(insn_load_value(&lw, 0x80000000) == 0xffffffff80000000ull);
    assert_true(insn_load_value(&ld, 0x8000000000000001ull) == 0x8000000000000001ull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_load_and_store),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_upper_half_of_compressed_is_ignored),
        cmocka_unit_test(test_others_are_refused),
        cmocka_unit_test(test_count_over_all_compressed_words),
        cmocka_unit_test(test_htinst),
        cmocka_unit_test(test_load_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
