/* Seed -> program. Nothing here looks at a result. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/*
 * A description for each call that the kernel has; one that is missing is an undeclared name here.
 */
#define FLAGS(name, ...)  name,
#define ONE_OF(name, ...) name,
enum sets {
    SETS_BEGIN = K_SETS - 1,
#include "sets.h"
    SETS_END
};
#undef FLAGS
#undef ONE_OF

enum {
#define DESCRIBE(name, ...) DESCRIBED_##name,
#define LEFT_OUT(name, why) DESCRIBED_##name,
#include "calls.h"
#undef DESCRIBE
#undef LEFT_OUT
};

enum {
#define CALL(number, name, ...)       NUMBER_##name = (number) + 0 * DESCRIBED_##name,
#define PART(number, name, what, ...) NUMBER_##name = (number) + 0 * DESCRIBED_##name,
#define ABSENT(number, name)
#include "linux/abi/include/abi/table.h"
#undef CALL
#undef PART
#undef ABSENT
};

const struct description descriptions[] = {
#define DESCRIBE(name, result, ...) {#name, NUMBER_##name, result, {__VA_ARGS__}},
#define LEFT_OUT(name, why)
#include "calls.h"
#undef DESCRIBE
#undef LEFT_OUT
#define CALL(number, name, ...)
#define PART(number, name, what, ...)
#define ABSENT(number, name) {#name, number, R_NONE, {K_ANY, K_ANY, K_ANY, K_ANY, K_ANY, K_ANY}},
#include "linux/abi/include/abi/table.h"
#undef CALL
#undef PART
#undef ABSENT
    /* Not calls: accesses that fault. */
    {"load", NUMBER_LOAD, R_NONE, {K_ADDRESS}},
    {"store", NUMBER_STORE, R_NONE, {K_ADDRESS}},
};
const unsigned nr_descriptions = sizeof(descriptions) / sizeof(descriptions[0]);

/* --- sets --- */

struct set {
    const char *name;
    bool is_flags;
    unsigned nr;
    const uint64_t *values;
};

#define VALUES(...)                                                                                \
    (const uint64_t[])                                                                             \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NR(...) (sizeof(VALUES(__VA_ARGS__)) / sizeof(uint64_t))
static const struct set sets[] = {
#define FLAGS(name, ...)  {#name, true, NR(__VA_ARGS__), VALUES(__VA_ARGS__)},
#define ONE_OF(name, ...) {#name, false, NR(__VA_ARGS__), VALUES(__VA_ARGS__)},
#include "sets.h"
#undef FLAGS
#undef ONE_OF
};

uint64_t set_value(unsigned kind, uint64_t raw)
{
    const struct set *set = &sets[kind - K_SETS];
    uint64_t value = 0;

    if (set->nr > 1 && raw >> 57 == 0)
        return mix(raw);
    if (!set->is_flags)
        return set->values[(raw & 0xffff) % set->nr];
    /* Few of many: a third of what is there, at most four on average. */
    for (unsigned i = 0; i < set->nr; i++)
        if (mix(raw + i) % (set->nr > 12 ? set->nr / 4 : 3) == 0)
            value |= set->values[i];
    return value;
}

/* --- the generator --- */

uint64_t mix(uint64_t x) /* splitmix64's finish (Steele, Lea, Flood 2014) */
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

uint64_t next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ull;
    return mix(*state);
}

/* Calls that a program cannot do without, more likely than others. */
static const char *const makers[] = {
    "openat",         "openat",       "openat",       "pipe2",     "eventfd2", "epoll_create1",
    "timerfd_create", "clone",        "clone",        "mmap",      "mmap",     "mmap",
    "memfd_create",   "pidfd_open",   "timer_create", "dup",       "store",    "store",
    "load",           "rt_sigaction", "mkdirat",      "epoll_ctl", "clone3",   "signalfd4"};
/* Calls that end what they are in: one in so many of those drawn stays. */
static const struct {
    const char *name;
    unsigned one_in;
} rare[] = {{"exit", 8},          {"exit_group", 12}, {"rt_sigreturn", 12}, {"chroot", 6},
            {"rt_sigsuspend", 6}, {"sync", 4},        {"setrlimit", 3},     {"execve", 2},
            {"execveat", 2},      {"close_range", 4}, {"brk", 2},           {"umount2", 2}};

static unsigned by_name(const char *name)
{
    for (unsigned i = 0; i < nr_descriptions; i++)
        if (strcmp(descriptions[i].name, name) == 0)
            return i;
    return 0;
}

static bool is_taken(unsigned description, uint64_t *state)
{
    for (unsigned i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
        if (strcmp(descriptions[description].name, rare[i].name) == 0)
            return next(state) % rare[i].one_in == 0;
    /* Absent calls are all the same to the kernel. */
    return descriptions[description].args[5] != K_ANY || next(state) % 16 == 0;
}

static unsigned draw(uint64_t *state)
{
    unsigned d;

    if (next(state) % 100 < 15)
        return by_name(makers[next(state) % (sizeof(makers) / sizeof(makers[0]))]);
    do
        d = (unsigned)(next(state) % nr_descriptions);
    while (!is_taken(d, state));
    return d;
}

/*
 * Few kinds of call in one program meet each other more often than all of them: some twenty, and in
 * one program of four only three, over and over (Groce et al., "Swarm Testing", 2012).
 */
void generate(uint64_t seed, unsigned fail_of_256)
{
    uint64_t state = seed;
    unsigned drawn[32];
    bool is_hot = next(&state) % 4 == 0;
    unsigned nr_drawn = is_hot ? 3 : 6 + next(&state) % 26;

    memset(&program, 0, sizeof(program));
    program.seed = seed;
    program.nr_processes = 1 + next(&state) % NR_PROCESSES_MAX;
    program.nr_threads = 1 + next(&state) % NR_THREADS_MAX;
    for (unsigned i = 0; i < nr_drawn; i++)
        drawn[i] = draw(&state);
    for (unsigned p = 0; p < program.nr_processes; p++) {
        program.is_root[p] = next(&state) % 3 != 0;
        for (unsigned t = 0; t < program.nr_threads; t++) {
            unsigned nr = is_hot ? 12 : 8 + next(&state) % 34;

            for (unsigned i = 0; i < nr && program.nr_calls < NR_CALLS_MAX; i++) {
                struct call *call = &program.calls[program.nr_calls++];

                call->process = (uint8_t)p;
                call->thread = (uint8_t)t;
                call->description =
                    (uint16_t)(next(&state) % 4 == 0
                                   ? by_name(makers[next(&state) %
                                                    (sizeof(makers) / sizeof(makers[0]))])
                                   : drawn[next(&state) % nr_drawn]);
                call->times = 1;
                if (next(&state) % (is_hot ? 2 : 8) == 0)
                    call->times = (uint8_t)(2 + next(&state) % (is_hot ? 100 : 12));
                call->pause = next(&state) % 4 == 0 ? next(&state) % 2000 : 0;
                if (next(&state) % 256 < fail_of_256)
                    call->fail_nth = 1 + next(&state) % 6;
                for (unsigned a = 0; a < NR_ARGS; a++)
                    call->raw[a] = next(&state);
            }
        }
    }
}
