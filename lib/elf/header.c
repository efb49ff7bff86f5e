/*
 * The ELF header and single program headers.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

#define CLASS_64    2
#define DATA_LITTLE 1
#define VERSION     1
#define OSABI_SYSV  0
#define OSABI_GNU   3

static bool is_ident_ok(const uint8_t *ident)
{
    return memcmp(ident, "\177ELF", 4) == 0 && ident[4] == CLASS_64 && ident[5] == DATA_LITTLE &&
           ident[6] == VERSION && (ident[7] == OSABI_SYSV || ident[7] == OSABI_GNU);
}

int elf_read_header(struct elf_header *elf, const void *head, size_t head_size, uint64_t file_size)
{
    struct elf_raw_header raw;

    if (head_size < sizeof(raw) || file_size < sizeof(raw))
        return -ENOEXEC;
    memcpy(&raw, head, sizeof(raw));
    if (!is_ident_ok(raw.ident) || raw.machine != ELF_EM_RISCV || raw.version != VERSION ||
        (raw.type != ELF_ET_EXEC && raw.type != ELF_ET_DYN))
        return -ENOEXEC;
    if (raw.phentsize != ELF_PHDR_SIZE || raw.phnum == 0 || raw.phnum > ELF_MAX_PHDRS ||
        !elf_is_within(raw.phoff, (uint64_t)raw.phnum * ELF_PHDR_SIZE, file_size))
        return -ENOEXEC;
    *elf = (struct elf_header){
        .type = raw.type,
        .nr_phdrs = raw.phnum,
        .flags = raw.flags,
        .entry = raw.entry,
        .phdrs_offset = raw.phoff,
        .file_size = file_size,
    };
    return 0;
}

/* A load's pages can be mapped from the file: address and offset agree modulo the page size. */
static bool is_load_ok(const struct elf_segment *load)
{
    uint64_t end;

    return load->mem_size >= load->file_size &&
           !__builtin_add_overflow(load->vaddr, load->mem_size, &end) &&
           end <= -(uint64_t)PAGE_SIZE &&
           (load->file_size == 0 || ((load->vaddr ^ load->offset) & PAGE_MASK) == 0);
}

int elf_read_segment(const struct elf_header *elf, const void *table, unsigned index,
                     struct elf_segment *segment)
{
    struct elf_raw_phdr raw;

    if (index >= elf->nr_phdrs)
        return -ENOEXEC;
    memcpy(&raw, (const uint8_t *)table + (size_t)index * ELF_PHDR_SIZE, sizeof(raw));
    *segment = (struct elf_segment){
        .type = raw.type,
        .flags = raw.flags,
        .offset = raw.offset,
        .file_size = raw.filesz,
        .vaddr = raw.vaddr,
        .paddr = raw.paddr,
        .mem_size = raw.memsz,
        .align = raw.align,
    };
    if (raw.type == ELF_PT_NULL || raw.type == ELF_PT_GNU_STACK)
        return 0; /* nothing but the flags means anything */
    if (!elf_is_within(raw.offset, raw.filesz, elf->file_size) ||
        (raw.align && !IS_POWER_OF_2(raw.align)) ||
        (raw.type == ELF_PT_LOAD && !is_load_ok(segment)))
        return -ENOEXEC;
    return 0;
}
