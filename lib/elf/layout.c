/*
 * The program header table as a whole.
 */
#include <base/errno.h>

#include "private.h"

static int add_load(struct elf_layout *layout, const struct elf_segment *load)
{
    uint64_t start = ALIGN_DOWN(load->vaddr, PAGE_SIZE);

    if (load->mem_size == 0)
        return 0;
    if (layout->nr_loads && start < layout->end)
        return -ENOEXEC; /* out of order, or two on one page */
    if (!layout->nr_loads++)
        layout->start = start;
    layout->end = ALIGN_UP(load->vaddr + load->mem_size, PAGE_SIZE);
    layout->max_align = MAX(layout->max_align, load->align);
    return 0;
}

/* Where the table appears in memory when this load holds it. */
static void find_table(struct elf_layout *layout, const struct elf_header *elf,
                       const struct elf_segment *load)
{
    if (elf->phdrs_offset >= load->offset &&
        elf_is_within(elf->phdrs_offset - load->offset, elf_phdrs_size(elf), load->file_size))
        layout->phdrs_vaddr = load->vaddr + (elf->phdrs_offset - load->offset);
}

static int add_segment(struct elf_layout *layout, const struct elf_header *elf,
                       const struct elf_segment *segment)
{
    switch (segment->type) {
    case ELF_PT_LOAD:
        find_table(layout, elf, segment);
        return add_load(layout, segment);
    case ELF_PT_INTERP:
        if (layout->has_interp || segment->file_size < 2 || segment->file_size > ELF_MAX_INTERP)
            return -ENOEXEC;
        layout->has_interp = true;
        layout->interp_offset = segment->offset;
        layout->interp_size = segment->file_size;
        return 0;
    case ELF_PT_GNU_STACK:
        layout->has_stack_flags = true;
        layout->is_stack_exec = segment->flags & ELF_PF_X;
        return 0;
    case ELF_PT_TLS:
        if (layout->has_tls || segment->mem_size < segment->file_size)
            return -ENOEXEC;
        layout->has_tls = true;
        layout->tls = *segment;
        return 0;
    case ELF_PT_DYNAMIC:
        if (layout->has_dynamic)
            return -ENOEXEC;
        layout->has_dynamic = true;
        layout->dynamic = *segment;
        return 0;
    default:
        return 0;
    }
}

int elf_read_layout(const struct elf_header *elf, const void *table, struct elf_layout *layout)
{
    struct elf_segment segment;

    *layout = (struct elf_layout){.max_align = PAGE_SIZE};
    for (unsigned i = 0; i < elf->nr_phdrs; i++) {
        int err = elf_read_segment(elf, table, i, &segment);

        if (err == 0)
            err = add_segment(layout, elf, &segment);
        if (err < 0)
            return err;
    }
    return layout->nr_loads ? 0 : -ENOEXEC;
}
