/*
 * Numbers of the system calls, NR_name, from <abi/table.h>.
 */
#ifndef ABI_NUMBERS_H
#define ABI_NUMBERS_H

enum {
#define CALL(number, name, ...)       NR_##name = number,
#define PART(number, name, what, ...) NR_##name = number,
#define ABSENT(number, name)          NR_##name = number,
#include <abi/table.h>
#undef CALL
#undef PART
#undef ABSENT
};

#endif
