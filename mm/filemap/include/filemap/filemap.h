/*
 * Files as memory: the kind of VMA whose pages are a page cache's. Private mappings see the file's
 * pages until they write, shared ones write to them; read, write and all mappings meet in the same
 * frames.
 *
 * One struct filemap stands for one mmap of a file and is shared by the VMAs that come from it
 * (splits, forks). It keeps the file open and hears of truncations.
 */
#ifndef FILEMAP_FILEMAP_H
#define FILEMAP_FILEMAP_H

#include <base/types.h>
#include <vfs/file.h>
#include <vspace/vspace.h>

struct filemap;

extern const struct vma_ops vma_file;

/* For vma_file: object of a new VMA, with one reference for the caller. file is counted. NULL: no
 * memory. */
struct filemap *filemap_create(struct file *file, const struct file_mapping *mapping);
void filemap_put(struct filemap *map);

#endif
