/*
 * Maps ELF files. lib/elf has validated the headers; here segments are checked to lie in the user
 * half and to be readable.
 */
#include "internal.h"

#include <filemap/filemap.h>
#include <random/random.h>

static int read_exactly(const struct image *image, void *buf, size_t n, uint64_t pos)
{
    ssize_t got = file_pread(image->file, buf, n, pos);

    if (got < 0)
        return (int)got;
    return (size_t)got == n ? 0 : -ENOEXEC;
}

/* An ELF file that is being mapped. */
struct elf_file {
    const struct image *image;
    struct filemap *filemap; /* NULL: bytes are copied */
    struct elf_header header;
    struct elf_layout layout;
    void *table;
    uint64_t bias;
};

static int elf_open(struct elf_file *e, const struct image *image)
{
    char head[ELF_HEADER_SIZE];
    struct file_mapping mapping = {.kind = FILE_MAPPING_ANONYMOUS};
    int err;

    *e = (struct elf_file){.image = image};
    if (file_pread(image->file, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return -ENOEXEC;
    err = elf_read_header(&e->header, head, sizeof(head), image->size);
    if (err)
        return err;
    e->table = heap_alloc(elf_phdrs_size(&e->header));
    if (!e->table)
        return -ENOMEM;
    err = read_exactly(image, e->table, elf_phdrs_size(&e->header), e->header.phdrs_offset);
    if (!err)
        err = elf_read_layout(&e->header, e->table, &e->layout);
    if (!err && file_mmap(image->file, &mapping) == 0 && mapping.kind == FILE_MAPPING_CACHE) {
        e->filemap = filemap_create(image->file, &mapping);
        err = e->filemap ? 0 : -ENOMEM;
    }
    return err;
}

static void elf_close(struct elf_file *e)
{
    heap_free(e->table);
    if (e->filemap)
        filemap_put(e->filemap);
}

static uint32_t rights_of(uint32_t flags)
{
    return (flags & ELF_PF_R ? VMA_READ : 0) | (flags & ELF_PF_W ? VMA_WRITE : 0) |
           (flags & ELF_PF_X ? VMA_EXEC : 0);
}

static int map_anonymous(struct vspace *vs, uint64_t start, uint64_t end, uint32_t rights)
{
    struct vspace_map_request r = {
        .addr = start,
        .size = end - start,
        .flags = rights,
        .options = VSPACE_FIXED | VSPACE_NO_REPLACE,
        .ops = &vma_anonymous,
    };
    uint64_t addr;

    return end > start ? vspace_map(vs, &r, &addr) : 0;
}

/* Map anonymous pages and copy the segment: the image has no page cache (it is in memory). */
static int copy_segment(struct vspace *vs, const struct elf_file *e, const struct elf_segment *s)
{
    uint64_t start = ALIGN_DOWN(e->bias + s->vaddr, PAGE_SIZE);
    uint64_t end = ALIGN_UP(e->bias + s->vaddr + s->mem_size, PAGE_SIZE);
    int err = map_anonymous(vs, start, end, rights_of(s->flags) | VMA_WRITE);
    char *page = heap_alloc(PAGE_SIZE);

    if (!err && !page)
        err = -ENOMEM;
    for (uint64_t done = 0; !err && done < s->file_size; done += PAGE_SIZE) {
        size_t n = MIN(s->file_size - done, PAGE_SIZE);
        ssize_t copied;

        err = read_exactly(e->image, page, n, s->offset + done);
        if (err)
            break;
        copied = vspace_copy_in(vs, e->bias + s->vaddr + done, page, n);
        if (copied != (ssize_t)n)
            err = copied < 0 ? (int)copied : -EFAULT;
    }
    heap_free(page);
    return err ? err : vspace_protect(vs, start, end - start, rights_of(s->flags));
}

/* Zero the rest of the last file page, behind the segment's file part. */
static int clear_tail(struct vspace *vs, uint64_t from, uint64_t end)
{
    static const char zeros[512];
    uint64_t to = MIN(ALIGN_UP(from, PAGE_SIZE), end);

    while (from < to) {
        size_t n = MIN(to - from, sizeof(zeros));
        ssize_t done = vspace_copy_in(vs, from, zeros, n);

        if (done <= 0)
            return done < 0 ? (int)done : -EFAULT;
        from += (uint64_t)done;
    }
    return 0;
}

static int map_segment(struct vspace *vs, const struct elf_file *e, const struct elf_segment *s)
{
    uint64_t slack = s->vaddr & PAGE_MASK;
    uint64_t start = e->bias + s->vaddr - slack;
    uint64_t file_end = e->bias + s->vaddr + s->file_size;
    uint64_t end = ALIGN_UP(e->bias + s->vaddr + s->mem_size, PAGE_SIZE);
    uint64_t mapped_end = s->file_size ? ALIGN_UP(file_end, PAGE_SIZE) : start;
    struct vspace_map_request r = {
        .addr = start,
        .size = mapped_end - start,
        .flags = rights_of(s->flags),
        .options = VSPACE_FIXED | VSPACE_NO_REPLACE,
        .ops = &vma_file,
        .object = e->filemap,
        .offset = s->offset - slack,
    };
    uint64_t addr;
    int err = 0;

    if (!e->filemap || ((s->offset - slack) & PAGE_MASK))
        return copy_segment(vs, e, s);
    if (s->file_size)
        err = vspace_map(vs, &r, &addr);
    if (!err && s->file_size && s->mem_size > s->file_size && (s->flags & ELF_PF_W))
        err = clear_tail(vs, file_end, end);
    if (!err)
        err = map_anonymous(vs, mapped_end, end, rights_of(s->flags));
    return err;
}

/* Refuse segments that share a page with their neighbour: they cannot be mapped. */
static int map_segments(struct vspace *vs, const struct elf_file *e, struct loaded *out)
{
    for (unsigned i = 0; i < e->header.nr_phdrs; i++) {
        struct elf_segment s;
        int err = elf_read_segment(&e->header, e->table, i, &s);

        if (err)
            return err;
        if (s.type != ELF_PT_LOAD || s.mem_size == 0)
            continue;
        err = map_segment(vs, e, &s);
        if (err)
            return err == -EEXIST ? -ENOEXEC : err;
        if (s.flags & ELF_PF_X) {
            out->code_start = e->bias + s.vaddr;
            out->code_end = out->code_start + s.file_size;
        } else if (s.flags & ELF_PF_W) {
            out->data_start = e->bias + s.vaddr;
            out->data_end = out->data_start + s.file_size;
        }
    }
    return 0;
}

static int choose_bias(struct elf_file *e, uint64_t base)
{
    const struct elf_layout *l = &e->layout;

    if (e->header.type == ELF_ET_EXEC) {
        e->bias = 0;
        if (!process_may_map_at(l->start))
            return -EPERM;
        return l->start >= USER_BASE && l->end <= STACK_TOP - MIB(16) ? 0 : -ENOEXEC;
    }
    if (l->end - l->start > USER_LIMIT / 4)
        return -ENOEXEC;
    e->bias = ALIGN_DOWN(base, MAX(l->max_align, PAGE_SIZE)) - l->start;
    return 0;
}

/* Find room for the interpreter below the stack, by mapping and unmapping its range once. */
static int interp_base(struct vspace *vs, const struct elf_layout *l, uint64_t *base)
{
    uint64_t align = MAX(l->max_align, PAGE_SIZE);
    struct vspace_map_request r = {
        .size = ALIGN_UP(l->end - l->start + align, PAGE_SIZE),
        .flags = 0,
        .ops = &vma_anonymous,
    };
    int err;

    if (l->end - l->start > USER_LIMIT / 4 || align > GIB(1))
        return -ENOEXEC;
    err = vspace_map(vs, &r, base);
    if (err)
        return err;
    err = vspace_unmap(vs, *base, r.size);
    *base = ALIGN_UP(*base, align);
    return err;
}

static int load_interpreter(struct vspace *vs, const struct elf_file *program,
                            const struct vfs_context *context, struct loaded *out)
{
    char path[ELF_MAX_INTERP + 1] = {0};
    struct image image = {0};
    struct elf_file e = {0};
    struct loaded ignored = {0};
    uint64_t base;
    int err;

    err = read_exactly(program->image, path, program->layout.interp_size,
                       program->layout.interp_offset);
    if (err)
        return err;
    err = vfs_open(context, NULL, path, O_RDONLY | O_NONBLOCK, 0, &image.file);
    if (err)
        return err;
    image.size = READ_ONCE(file_inode(image.file)->size);
    err = S_ISREG(inode_mode(file_inode(image.file))) ? elf_open(&e, &image) : -EACCES;
    if (!err) /* an interpreter may itself name one; it is ignored */
        err = interp_base(vs, &e.layout, &base);
    if (!err)
        err = choose_bias(&e, base);
    if (!err)
        err = map_segments(vs, &e, &ignored);
    if (!err) {
        out->interp_base = e.bias + e.layout.start;
        out->start_pc = e.bias + e.header.entry;
    }
    elf_close(&e);
    file_put(image.file);
    /* Not -ENOEXEC: a shell would then run the program as a script. */
    return err == -ENOEXEC ? -ELIBBAD : err;
}

int load_program(struct vspace *vs, const struct image *image, const struct vfs_context *context,
                 struct loaded *out)
{
    uint64_t pie_base = PIE_BASE + random_below(1 << 18) * PAGE_SIZE;
    struct elf_file e;
    int err = elf_open(&e, image);

    *out = (struct loaded){0};
    if (!err)
        err = choose_bias(&e, pie_base);
    if (!err)
        err = map_segments(vs, &e, out);
    if (!err) {
        out->bias = e.bias;
        out->entry = e.bias + e.header.entry;
        out->start_pc = out->entry;
        out->phdrs = e.layout.phdrs_vaddr ? e.bias + e.layout.phdrs_vaddr : 0;
        out->nr_phdrs = e.header.nr_phdrs;
        out->end = e.bias + e.layout.end;
        out->is_stack_exec = e.layout.has_stack_flags && e.layout.is_stack_exec;
    }
    if (!err && e.layout.has_interp)
        err = context ? load_interpreter(vs, &e, context, out) : -ENOEXEC;
    elf_close(&e);
    return err;
}
