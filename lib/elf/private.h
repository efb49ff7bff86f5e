/*
 * ELF64 structures as they lie in the file (little endian), read by copies: the source may be
 * misaligned.
 */
#ifndef ELF_PRIVATE_H
#define ELF_PRIVATE_H

#include <elf/elf.h>

struct elf_raw_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t phoff;
    uint64_t shoff;
    uint32_t flags;
    uint16_t ehsize;
    uint16_t phentsize;
    uint16_t phnum;
    uint16_t shentsize;
    uint16_t shnum;
    uint16_t shstrndx;
};

struct elf_raw_phdr {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t filesz;
    uint64_t memsz;
    uint64_t align;
};

struct elf_raw_shdr {
    uint32_t name;
    uint32_t type;
    uint64_t flags;
    uint64_t addr;
    uint64_t offset;
    uint64_t size;
    uint32_t link;
    uint32_t info;
    uint64_t addralign;
    uint64_t entsize;
};

_Static_assert(sizeof(struct elf_raw_header) == ELF_HEADER_SIZE, "ELF64 header");
_Static_assert(sizeof(struct elf_raw_phdr) == ELF_PHDR_SIZE, "ELF64 program header");

/* True when [offset, offset + size) lies within a file of file_size bytes. */
static inline bool elf_is_within(uint64_t offset, uint64_t size, uint64_t file_size)
{
    return offset <= file_size && size <= file_size - offset;
}

#endif
