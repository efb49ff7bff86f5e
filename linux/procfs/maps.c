/*
 * /proc/PID/maps: the VMAs of a process.
 */
#include <heap/heap.h>
#include <string/string.h>
#include <vspace/vspace.h>

#include "internal.h"

static void print_vma(struct seq *seq, struct vma *vma, char *name)
{
    uint64_t device = 0;
    uint64_t inode = 0;
    size_t before = seq->len;

    name[0] = '\0';
    if (vma->ops->describe)
        vma->ops->describe(vma, name, PATH_MAX, &device, &inode);
    if (name[0] == '\0' && (vma->flags & VMA_STACK) != 0)
        strlcpy(name, "[stack]", PATH_MAX);
    if (name[0] == '\0' && (vma->flags & VMA_HEAP) != 0)
        strlcpy(name, "[heap]", PATH_MAX);
    seq_printf(seq, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", vma->start, vma->end,
               (vma->flags & VMA_READ) != 0 ? 'r' : '-', (vma->flags & VMA_WRITE) != 0 ? 'w' : '-',
               (vma->flags & VMA_EXEC) != 0 ? 'x' : '-', (vma->flags & VMA_SHARED) != 0 ? 's' : 'p',
               inode == 0 ? 0 : vma->offset, DEVNO_MAJOR((devno_t)device),
               DEVNO_MINOR((devno_t)device), inode);
    /* Pad to the column where Linux puts names; without one Linux has a blank. */
    do
        seq_putc(seq, ' ');
    while (name[0] != '\0' && seq->len - before < 73 && !seq->has_failed);
    seq_puts(seq, name);
    seq_putc(seq, '\n');
}

int show_maps(struct seq *seq, const struct pseudo_object *object)
{
    int ret = object_may_look(object);
    struct process *process = ret == 0 ? object_process(object) : NULL;

    if (!process)
        return ret != 0 ? ret : -ESRCH;
    struct vspace *vs = process_vspace_get(process);
    char *name = heap_alloc(PATH_MAX);

    process_put(process);
    if (vs && name) {
        mutex_lock(&vs->lock);
        for (struct vma *vma = vspace_find(vs, 0); vma; vma = vspace_next(vma))
            print_vma(seq, vma, name);
        mutex_unlock(&vs->lock);
    }
    if (vs)
        vspace_put(vs);
    ret = name ? 0 : -ENOMEM;
    heap_free(name);
    return ret;
}
