/*
 * The structure block's tokens (Devicetree Specification v0.4, 5.4.1), as they read on a
 * little-endian machine: tokens are compared without swapping bytes.
 */
#ifndef FDT_PRIVATE_H
#define FDT_PRIVATE_H

#include <fdt/fdt.h>

#define FDT_SWAP32(x)                                                                              \
    (((x) >> 24) | (((x) >> 8) & 0xff00u) | (((x) << 8) & 0xff0000u) | ((uint32_t)(x) << 24))

#define FDT_BEGIN_NODE FDT_SWAP32(1u)
#define FDT_END_NODE   FDT_SWAP32(2u)
#define FDT_PROP       FDT_SWAP32(3u)
#define FDT_NOP        FDT_SWAP32(4u)
#define FDT_END        FDT_SWAP32(9u)

#define FDT_VERSION            17
#define FDT_COMPATIBLE_VERSION 16

typedef uint32_t __attribute__((may_alias)) fdt_word_t;

/* The header, big-endian. */
struct fdt_header {
    fdt_word_t magic;
    fdt_word_t total_size;
    fdt_word_t structs;
    fdt_word_t strings;
    fdt_word_t reservations;
    fdt_word_t version;
    fdt_word_t compatible_version;
    fdt_word_t boot_hart;
    fdt_word_t strings_size;
    fdt_word_t structs_size; /* since version 17 */
};

/* The word at a 4-aligned offset of the blob, as it lies. */
static inline uint32_t fdt_raw(const struct fdt *fdt, uint32_t offset)
{
    return *(const fdt_word_t *)(fdt->blob + offset);
}

/* Bytes of the structure block behind offset, which is not behind its end. */
static inline uint32_t fdt_left(const struct fdt *fdt, uint32_t offset)
{
    return fdt->structs_end - offset;
}

#endif
