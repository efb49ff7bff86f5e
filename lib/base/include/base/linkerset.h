/*
 * Linker sets: arrays gathered by the linker from entries in many files. Only for sets whose order
 * does not matter (driver match tables, command-line words, tests).
 *
 *   LINKER_SET_ITEM(drivers, struct driver, uart_driver) = { ... };
 *   LINKER_SET_FOREACH(drivers, struct driver, d) ...
 *
 * The section is called set_NAME, a C identifier, so that the linker defines __start_ and __stop_
 * symbols for it; kernel.ld keeps all set_* sections. A set that may be empty is declared with
 * LINKER_SET_DECLARE, which makes its bounds weak references (both then compare equal, to NULL).
 */
#ifndef BASE_LINKERSET_H
#define BASE_LINKERSET_H

#include <base/compiler.h>

#define LINKER_SET_DECLARE(set, type)                                                              \
    extern const type PASTE(__start_set_, set)[] __attribute__((weak, visibility("hidden")));      \
    extern const type PASTE(__stop_set_, set)[] __attribute__((weak, visibility("hidden")))

/* Entries are laid out back to back: the explicit alignment stops the compiler from padding. */
#define LINKER_SET_ITEM(set, type, name)                                                           \
    static const type name USED SECTION("set_" #set) ALIGNED(__alignof__(type))

#define LINKER_SET_FOREACH(set, type, it)                                                          \
    for (const type *it = PASTE(__start_set_, set); it < PASTE(__stop_set_, set); it++)

#endif
