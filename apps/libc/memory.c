/*
 * malloc and its family on the kernel's heap.
 */
#include <base/errno.h>
#include <heap/heap.h>

#include "libc.h"

void *malloc(size_t size);
void *calloc(size_t nr, size_t size);
void *realloc(void *p, size_t size);
void *memalign(size_t align, size_t size);
void *aligned_alloc(size_t align, size_t size);
int posix_memalign(void **p, size_t align, size_t size);
size_t malloc_usable_size(void *p);
void free(void *p);

static void *told(void *p)
{
    if (!p)
        libc_fail(-ENOMEM);
    return p;
}

void *malloc(size_t size)
{
    return told(heap_alloc(size));
}

void *calloc(size_t nr, size_t size)
{
    return told(heap_calloc(nr, size));
}

void *realloc(void *p, size_t size)
{
    return told(heap_realloc(p, size));
}

void *memalign(size_t align, size_t size)
{
    return told(heap_alloc_aligned(align, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
    void *block = heap_alloc_aligned(align, size);

    if (block)
        *p = block;
    return block ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *p)
{
    return p ? heap_usable_size(p) : 0;
}

void free(void *p)
{
    heap_free(p);
}
