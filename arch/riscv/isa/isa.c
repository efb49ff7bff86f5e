#include <riscv_isa/isa.h>

struct hart_ids hart_ids[NR_CPUS_MAX];

size_t isa_next(const char **isa, const char **name)
{
    const char *s = *isa;
    size_t n = 0;

    if (s[0] == 'r' && s[1] == 'v' && s[2] == '6' && s[3] == '4')
        s += 4;
    while (*s == '_')
        s++;
    if (*s == 's' || *s == 'x' || *s == 'z')
        while (s[n] != '\0' && s[n] != '_')
            n++;
    else
        n = *s != '\0';
    *name = s;
    *isa = s + n;
    return n;
}
