/*
 * From an argument's kind and its number to what goes into the register: a file for each group of
 * kinds. Structures are written to the worker's scratch memory just before the call.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "fuzz.h"

/* What an argument is made of: of a call that may be NULL, a kind of its own group, a number. */
typedef uint64_t make_argument(struct worker *w, const struct call *call, unsigned kind,
                               uint64_t raw);
make_argument resource_argument, memory_argument, name_argument, signal_argument, futex_argument,
    structure_argument;

/* What another argument, which is of a set, becomes; the call's number, 0 without a call. */
uint64_t chosen(const struct worker *w, const struct call *call, unsigned i);
unsigned number_of(const struct call *call);

/* resources.c */
uint64_t any_fd(uint64_t raw);
uint64_t fd_of(enum result kind, uint64_t raw);
uint64_t pid(uint64_t raw);

/* memory.c */
uint64_t bad_pointer(uint64_t raw);
uint64_t arena(uint64_t raw);
uint64_t bytes(struct worker *w, uint64_t raw);
uint64_t length(uint64_t raw);
uint64_t offset(uint64_t raw);
void *room(struct worker *w, size_t size);
/* Some words for a structure that has words; now and then none, or others. */
uint64_t words(struct worker *w, uint64_t raw, unsigned nr, const uint64_t *values);
#define WORDS(...) words(w, raw, sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__})

/* names.c, signals.c, structures.c */
uint64_t text(uint64_t raw);
uint64_t signal_number(uint64_t raw);
uint64_t signal_set(struct worker *w, uint64_t raw);
uint64_t nanoseconds(uint64_t raw);

#endif
