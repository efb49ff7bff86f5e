/*
 * File mappings: the kind of VMA whose pages come from a page cache. Private mappings share the
 * file's pages until they write, shared ones write to them; read, write and all mappings use the
 * same frames.
 *
 * A struct filemap stands for one mmap of a file and is shared by the VMAs that come from it
 * (splits, forks). It keeps the file open and is called on truncation.
 */
#ifndef FILEMAP_FILEMAP_H
#define FILEMAP_FILEMAP_H

#include <base/types.h>
#include <vfs/file.h>
#include <vspace/vspace.h>

struct filemap;

extern const struct vma_ops vma_file;

/* Create the object of a vma_file VMA, with one reference for the caller; takes a reference to
 * file. NULL: no memory. */
struct filemap *filemap_create(struct file *file, const struct file_mapping *mapping);
void filemap_put(struct filemap *map);

#endif
