/*
 * Shared by the files of linux/exec only.
 */
#ifndef EXEC_INTERNAL_H
#define EXEC_INTERNAL_H

#include <base/errno.h>
#include <elf/elf.h>
#include <exec/exec.h>
#include <heap/heap.h>
#include <log/log.h>
#include <task/task.h>
#include <string/string.h>
#include <userstack/userstack.h>
#include <vspace/vspace.h>

#define USER_BASE  PAGE_SIZE
#define USER_LIMIT 0x4000000000ul /* Sv39 */
#define STACK_TOP  0x3fffff0000ul /* the vDSO may lie above */
#define PIE_BASE   0x2aaaaaa000ul /* two thirds, as Linux's ELF_ET_DYN_BASE */

/* argv and envp together: Linux's 2 MiB with an 8 MiB stack; one string: 128 KiB. */
#define STRINGS_MAX MIB(2)
#define STRING_MAX  KIB(128)

void strings_free(struct strings *s);
int strings_append(struct strings *s, const char *text, size_t length) MUST_CHECK;
/* A NULL-terminated array of pointers in the caller's memory. -EFAULT, -E2BIG, -ENOMEM. */
int strings_from_user(struct strings *s, uint64_t array) MUST_CHECK;
int strings_from_kernel(struct strings *s, const char *const *array) MUST_CHECK;
/* Remove the first string. */
void strings_shift(struct strings *s);

struct image {
    struct file *file;
    uint64_t size;
};

/* Map an ELF program, and its interpreter, into vs. -ENOEXEC and others; the caller then drops
 * vs. */
int load_program(struct vspace *vs, const struct image *image, const struct vfs_context *context,
                 struct loaded *out) MUST_CHECK;

#endif
