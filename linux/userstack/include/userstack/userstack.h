/*
 * The initial stack of a program, and parsing of #! lines: the pure parts of exec, which are tested
 * on the host.
 */
#ifndef USERSTACK_USERSTACK_H
#define USERSTACK_USERSTACK_H

#include <base/types.h>

/* Consecutive strings, each with its NUL. */
struct strings {
    char *data;
    size_t size, capacity;
    uint32_t count;
};

/* Results of loading, for the stack and the registers. */
struct loaded {
    uint64_t entry;    /* of the program itself */
    uint64_t start_pc; /* the interpreter's, when there is one */
    uint64_t bias;     /* added to the program's addresses */
    uint64_t phdrs;    /* address of its program headers in memory */
    uint64_t nr_phdrs;
    uint64_t interp_base; /* 0: none */
    uint64_t end;         /* end of the highest segment: brk starts there */
    uint64_t code_start, code_end, data_start, data_end;
    bool is_stack_exec;
};

/* Input for building the initial stack. */
struct startup {
    const struct strings *argv, *envp;
    const char *path;     /* AT_EXECFN */
    const char *platform; /* AT_PLATFORM */
    const struct loaded *loaded;
    uint32_t uid, euid, gid, egid;
    bool is_secure;
    uint64_t vdso; /* AT_SYSINFO_EHDR; 0: none */
};

/*
 * Build the initial stack, bottom to top: argc, argv[], envp[], auxv[], random bytes, strings, for
 * a stack whose top is `top`. NULL: no memory.
 */
struct stack_layout {
    uint64_t sp;
    uint64_t arg_start, arg_end, env_start, env_end, auxv;
    char *block; /* heap; block[0] belongs at sp */
    uint64_t size;
};
int stack_build(const struct startup *s, uint64_t top, const uint8_t random[16], uint64_t hwcap,
                struct stack_layout *out) MUST_CHECK;

/* Parse "#!interpreter [argument]" in the first bytes of a file. 0 and both strings; -ENOEXEC. */
#define SCRIPT_LINE_MAX 256
struct script {
    char interpreter[SCRIPT_LINE_MAX];
    char argument[SCRIPT_LINE_MAX]; /* "" for none */
};
bool script_is(const char *head, size_t size);
int script_parse(const char *head, size_t size, struct script *out) MUST_CHECK;

#endif
