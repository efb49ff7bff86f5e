/* An argument by the group of its kind; a number of a set is generate.c's. */
#include "arguments.h"

#include <stddef.h>

uint64_t chosen(const struct worker *w, const struct call *call, unsigned i)
{
    return call == NULL
               ? 0
               : set_value(descriptions[call->description].args[i], call->raw[i] ^ w->salt);
}

unsigned number_of(const struct call *call)
{
    return call == NULL ? 0 : descriptions[call->description].number;
}

static uint64_t by_kind(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    static const struct {
        unsigned end;
        make_argument *make;
    } groups[] = {{K_RESOURCES_END, resource_argument}, {K_MEMORY_END, memory_argument},
                  {K_NAMES_END, name_argument},         {K_SIGNALS_END, signal_argument},
                  {K_FUTEXES_END, futex_argument},      {K_SETS, structure_argument}};

    if (kind == K_NONE)
        return 0;
    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (kind < groups[i].end)
            return groups[i].make(w, call, kind, raw);
    return set_value(kind, raw);
}

static uint64_t any(struct worker *w, uint64_t raw)
{
    static const uint8_t kinds[] = {K_SMALL, K_SMALL,  K_FD,      K_OUT, K_IN,
                                    K_PATH,  K_LENGTH, K_ADDRESS, K_PID, K_IN_OUT};

    return raw % 16 == 0 ? mix(raw) : by_kind(w, NULL, kinds[(raw >> 4) % sizeof(kinds)], raw >> 8);
}

uint64_t argument(struct worker *w, const struct call *call, unsigned i)
{
    unsigned kind = descriptions[call->description].args[i];
    uint64_t raw = call->raw[i] ^ w->salt;

    return kind == K_ANY || kind == K_CLONE_ARGS ? any(w, raw) : by_kind(w, call, kind, raw);
}
