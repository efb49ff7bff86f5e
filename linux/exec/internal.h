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
#include <process/process.h>
#include <string/string.h>
#include <vspace/vspace.h>

#define USER_BASE   0x10000ul      /* vm.mmap_min_addr */
#define USER_LIMIT  0x4000000000ul /* Sv39 */
#define STACK_TOP   0x3fffff0000ul /* the trampoline lies above */
#define PIE_BASE    0x2aaaaaa000ul /* two thirds, as Linux's ELF_ET_DYN_BASE */

/* Strings one behind the other, each with its NUL. */
struct strings {
    char *data;
    size_t size, capacity;
    uint32_t count;
};

/* argv and envp together: Linux's 2 MiB with an 8 MiB stack; one string: 128 KiB. */
#define STRINGS_MAX MIB(2)
#define STRING_MAX  KIB(128)

void strings_free(struct strings *s);
int strings_append(struct strings *s, const char *text, size_t length) MUST_CHECK;
/* A NULL-terminated array of pointers in the caller's memory. -EFAULT, -E2BIG, -ENOMEM. */
int strings_from_user(struct strings *s, uint64_t array) MUST_CHECK;
int strings_from_kernel(struct strings *s, const char *const *array) MUST_CHECK;
/* Drops the first string. */
void strings_shift(struct strings *s);

/* Where the bytes of an image come from: a file, or memory (then file is NULL). */
struct image {
    struct file *file;
    const char *memory;
    uint64_t size;
};
ssize_t image_read(const struct image *image, void *buf, size_t n, uint64_t pos);

/* What loading found out, for the stack and the registers. */
struct loaded {
    uint64_t entry;       /* of the program itself */
    uint64_t start_pc;    /* the interpreter's, when there is one */
    uint64_t bias;        /* added to the program's addresses */
    uint64_t phdrs;       /* address of its program headers in memory */
    uint64_t nr_phdrs;
    uint64_t interp_base; /* 0: none */
    uint64_t end;         /* of the highest segment: brk starts behind */
    uint64_t code_start, code_end, data_start, data_end;
    bool is_stack_exec;
};

/* Maps an ELF program, and its interpreter, into vs. -ENOEXEC and others; vs is then to be dropped. */
int load_program(struct vspace *vs, const struct image *image, const struct vfs_context *context,
                 struct loaded *out) MUST_CHECK;

/* What the new program is told. */
struct startup {
    const struct strings *argv, *envp;
    const char *path; /* AT_EXECFN */
    const struct loaded *loaded;
    const struct cred *cred;
    bool is_secure;
};

/*
 * The words and strings that begin a program, bottom to top: argc, argv[], envp[], auxv[], random bytes,
 * strings. Built for a stack whose top is `top`; the block is to be copied to *sp_out, its length in
 * *size_out; heap memory. NULL: no memory. Pure (host-tested): see test/stack_test.c.
 */
struct stack_layout {
    uint64_t sp;
    uint64_t arg_start, arg_end, env_start, env_end, auxv;
    char *block; /* heap; block[0] belongs at sp */
    uint64_t size;
};
int stack_build(const struct startup *s, uint64_t top, const uint8_t random[16], uint64_t hwcap,
                struct stack_layout *out) MUST_CHECK;

/* "#!interpreter [argument]" in the first bytes of a file. 0 and both strings; -ENOEXEC. */
#define SCRIPT_LINE_MAX 256
struct script {
    char interpreter[SCRIPT_LINE_MAX];
    char argument[SCRIPT_LINE_MAX]; /* "" for none */
};
bool script_is(const char *head, size_t size);
int script_parse(const char *head, size_t size, struct script *out) MUST_CHECK;

#endif
