/*
 * A fuzzer of system calls. Process 1 of a machine of its own: it makes a program of a seed, lets a
 * few processes with a few threads each run it, kills what is left, and goes on with the next.
 *
 *   calls.h      what each call takes
 *   generate.c   seed -> program
 *   arguments.c  an argument's kind and its number -> what goes into the register, by groups:
 *                resources.c, memory.c, names.c, signals.c, futexes.c, structures.c
 *   run.c        what a process and a thread of a program do; workers
 *   round.c      one program from its start to its end
 *   main.c       words of the command line, listing
 *
 * A program is a function of its seed alone: no result changes what any thread calls next, results
 * only become the arguments of later calls. So a part of a program may be left out (the word
 * FUZZ_SKIP) and the rest stays the same, which is how a report is made smaller.
 */
#ifndef FUZZ_H
#define FUZZ_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NR_PROCESSES_MAX 4
#define NR_THREADS_MAX   3
#define NR_CALLS_MAX     512
#define NR_ARGS          6

/* Kinds of argument, by the file that makes them. From K_SETS on: sets of numbers, sets.h. */
enum kind {
    K_NONE,
    K_ANY,        /* any number, or what another kind would give */
    K_CLONE_ARGS, /* run.c */

    K_FD, /* resources.c */
    K_DIR_FD,
    K_FILE_FD,
    K_OPENED_DIR,
    K_PIPE_FD,
    K_EPOLL_FD,
    K_TIMER_FD,
    K_EVENT_FD,
    K_SIGNAL_FD, /* or -1: a new one */
    K_PID_FD,
    K_TTY_FD,
    K_PID,
    K_CHILD,
    K_WAITED, /* by what waitid's first argument says */
    K_TID,
    K_TIMER_ID,
    K_RESOURCES_END,

    K_IN = K_RESOURCES_END, /* memory.c: bytes that the call reads */
    K_OUT,                  /* room for bytes that the call writes */
    K_IN_OUT,
    K_LENGTH,
    K_OFFSET,
    K_OFFSET_POINTER,
    K_ADDRESS, /* in the arena, most often of a page */
    K_MAP_LENGTH,
    K_WORKER_STACK,
    K_MEMORY_END,

    K_PATH = K_MEMORY_END, /* names.c */
    K_MOUNT_POINT,
    K_TEXT,
    K_FS_TYPE,
    K_ARGV,
    K_NAMES_END,

    K_SIGNAL = K_NAMES_END, /* signals.c */
    K_SIGNAL_SET,
    K_SIGNAL_ACTION,
    K_SIGNAL_INFO,
    K_SIGNAL_EVENT,
    K_SIGNAL_STACK,
    K_SELECT_MASK,
    K_SIGNALS_END,

    K_FUTEX = K_SIGNALS_END, /* futexes.c */
    K_FUTEX_WORD,            /* what may stand there */
    K_FUTEX_LAST,            /* a time, or a number of waiters */
    K_ROBUST,
    K_FUTEXES_END,

    K_SMALL = K_FUTEXES_END, /* structures.c */
    K_ID,                    /* user or group */
    K_TIME,
    K_TIMER_SPEC,
    K_TIMER_VALUE,
    K_TIMES,
    K_IOVEC,
    K_POLL,
    K_FD_SET,
    K_EPOLL_EVENT,
    K_LIMIT,
    K_CPU_MASK,
    K_SCHED_PARAM,
    K_SCHED_ATTR,
    K_CAP_HEADER,
    K_CAP_DATA,
    K_GROUPS,
    K_FCNTL, /* by the call's command, as the next two */
    K_IOCTL,
    K_PRCTL,
    K_SETS,
};

/* What a result is good for later. */
enum result {
    R_NONE,
    R_FD,
    R_PIPE,
    R_PID,
    R_TIMER,
    R_EPOLL,
    R_TIMER_FD,
    R_EVENT_FD,
    R_SIGNAL_FD,
    R_PID_FD,
    R_DIR,
    R_TTY
};

struct description {
    const char *name;
    uint16_t number;
    uint8_t result; /* enum result */
    uint8_t args[NR_ARGS];
};

struct call {
    uint16_t description; /* index */
    uint8_t process, thread;
    uint8_t times;
    uint8_t fail_nth; /* which of its allocations fails; 0: none */
    uint16_t pause;   /* turns of an empty loop before it */
    uint64_t raw[NR_ARGS];
};

struct program {
    uint64_t seed;
    unsigned nr_processes, nr_threads, nr_calls;
    bool is_root[NR_PROCESSES_MAX];
    struct call calls[NR_CALLS_MAX];
};

/* Seen by all processes of a round and by process 1. */
struct shared {
    uint32_t go;
    uint32_t pids[NR_PROCESSES_MAX];
    int32_t births_left; /* processes and threads that the round may still make */
    uint64_t nr_calls;
    uint32_t futexes[64];
    uint32_t tried[512], succeeded[512]; /* by description */
};

#define ARENA       0x2000000000ul
#define ARENA_PAGES 256ul
#define PAGE        4096ul

#define NUMBER_LOAD  0xfff0
#define NUMBER_STORE 0xfff1

extern struct shared *shared;
extern struct program program;
extern const struct description descriptions[];
extern const unsigned nr_descriptions;
extern bool may_fail;   /* there is /proc/fail-nth */
extern bool has_defect; /* there is /dev/defect: the test of this fuzzer */

long sys(long nr, long a, long b, long c, long d, long e, long f);
uint64_t mix(uint64_t x);
uint64_t next(uint64_t *state);

void generate(uint64_t seed, unsigned fail_of_256);

/* Working memory of a thread; a program's thread has one, and each that it makes. */
struct worker {
    unsigned process, thread;
    int first, left; /* call to begin with, how many */
    uint64_t salt;
    uint8_t *at;           /* where the next structure goes */
    uint8_t scratch[8192]; /* structures of the current call */
    uint8_t data[8192];
    uint8_t alternate[8192];
    uint8_t stack[16384] __attribute__((aligned(16)));
};

struct worker *worker_new(void);
uint64_t argument(struct worker *w, const struct call *call, unsigned i);
void keep(enum result kind, long value);
long recall(enum result kind, uint64_t raw);
void remember(const struct call *call, struct worker *w, long result);
void process_run(unsigned process) __attribute__((noreturn));
void run_round(uint64_t seed, unsigned fail_of_256);
void list_program(void);
bool is_skipped(unsigned call);
const char *set_name(unsigned kind);
uint64_t set_value(unsigned kind, uint64_t raw);

#endif
