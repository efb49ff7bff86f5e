/*
 * Validated views of ELF64 files for RISC-V: header, program headers, notes, after the System V
 * gABI and the RISC-V ELF psABI. It reads bytes that a caller brings (a file's first page, an image
 * in memory); it loads nothing.
 *
 * The file is untrusted. What these functions return has been checked for overflow and against the
 * file's size, so that a loader may add the numbers up without checking again. All results are
 * copies: the source may change afterwards.
 */
#ifndef ELF_ELF_H
#define ELF_ELF_H

#include <base/types.h>

#define ELF_HEADER_SIZE 64
#define ELF_PHDR_SIZE   56
#define ELF_MAX_PHDRS   64
#define ELF_MAX_INTERP  256 /* bytes of PT_INTERP with the NUL that are accepted */

#define ELF_ET_EXEC 2
#define ELF_ET_DYN  3

#define ELF_EM_RISCV 243

#define ELF_PT_NULL             0
#define ELF_PT_LOAD             1
#define ELF_PT_DYNAMIC          2
#define ELF_PT_INTERP           3
#define ELF_PT_NOTE             4
#define ELF_PT_PHDR             6
#define ELF_PT_TLS              7
#define ELF_PT_GNU_STACK        0x6474e551u
#define ELF_PT_GNU_RELRO        0x6474e552u
#define ELF_PT_GNU_PROPERTY     0x6474e553u
#define ELF_PT_RISCV_ATTRIBUTES 0x70000003u

#define ELF_PF_X 1u
#define ELF_PF_W 2u
#define ELF_PF_R 4u

/* e_flags of RISC-V. */
#define ELF_RISCV_RVC          0x1u
#define ELF_RISCV_FLOAT_MASK   0x6u
#define ELF_RISCV_FLOAT_SOFT   0x0u
#define ELF_RISCV_FLOAT_DOUBLE 0x4u

struct elf_header {
    uint16_t type;     /* ELF_ET_* */
    uint16_t nr_phdrs; /* 1 to ELF_MAX_PHDRS */
    uint32_t flags;
    uint64_t entry;
    uint64_t phdrs_offset; /* of the table, which lies within the file */
    uint64_t file_size;
};

/* One program header. */
struct elf_segment {
    uint32_t type;
    uint32_t flags; /* ELF_PF_* */
    uint64_t offset;
    uint64_t file_size; /* offset + file_size lies within the file */
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t mem_size; /* >= file_size for PT_LOAD; vaddr + mem_size does not wrap */
    uint64_t align;    /* 0, 1 or a power of two */
};

/* The table of program headers as a whole. */
struct elf_layout {
    unsigned nr_loads;    /* PT_LOADs with mem_size > 0: at least 1, ascending, disjoint by pages */
    uint64_t start;       /* of the lowest, page-aligned down */
    uint64_t end;         /* of the highest, page-aligned up */
    uint64_t max_align;   /* of the loads, at least a page */
    uint64_t phdrs_vaddr; /* where the table appears in memory, 0 when no load covers it */
    bool has_interp;
    uint64_t interp_offset; /* of the interpreter's path in the file; 2 to ELF_MAX_INTERP bytes */
    uint64_t interp_size;
    bool has_stack_flags; /* PT_GNU_STACK is there */
    bool is_stack_exec;
    bool has_tls;
    struct elf_segment tls;
    bool has_dynamic;
    struct elf_segment dynamic;
};

/*
 * Check the header in the first head_size bytes of a file of file_size bytes. 0; -ENOEXEC for
 * anything but a RISC-V ELF64 little-endian executable (EXEC or DYN) with a program header table.
 */
MUST_CHECK int elf_read_header(struct elf_header *elf, const void *head, size_t head_size,
                               uint64_t file_size);

/* Bytes of the program header table. */
static inline size_t elf_phdrs_size(const struct elf_header *elf)
{
    return (size_t)elf->nr_phdrs * ELF_PHDR_SIZE;
}

/*
 * Program header index < nr_phdrs of the table, which the caller has read (elf_phdrs_size bytes; it
 * may be misaligned). 0 or -ENOEXEC.
 */
MUST_CHECK int elf_read_segment(const struct elf_header *elf, const void *table, unsigned index,
                                struct elf_segment *segment);

/* Check the table as a whole and summarise it. 0 or -ENOEXEC. */
MUST_CHECK int elf_read_layout(const struct elf_header *elf, const void *table,
                               struct elf_layout *layout);

/* Notes of a PT_NOTE's content. name is not terminated; both point into the content. */
struct elf_note {
    const char *name;
    uint32_t name_size; /* with its NUL when it has one */
    uint32_t type;
    const void *desc;
    uint32_t desc_size;
};

/* pos starts at 0. 1 and the next note, 0 at the end, -ENOEXEC. */
MUST_CHECK int elf_note_next(const void *notes, size_t size, size_t *pos, struct elf_note *note);

/*
 * For images in memory: a section by name, for symbol tables in tools and tests. 0, -ENOENT,
 * -ENOEXEC. The range lies within the image.
 */
MUST_CHECK int elf_find_section(const void *image, size_t size, const char *name, uint64_t *offset,
                                uint64_t *section_size);

#endif
