/*
 * Looks at what the kernel laid on its stack, and says in one line whether it is right.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern void _start(void);

static int auxv_is_true(void)
{
    const uint8_t *random = (const void *)getauxval(AT_RANDOM);
    const uint32_t *elf = (const void *)(getauxval(AT_PHDR) & ~4095ul);
    int any = 0;

    for (int i = 0; random && i < 16; i++)
        any |= random[i];
    return getauxval(AT_PAGESZ) == 4096 && getauxval(AT_ENTRY) == (unsigned long)&_start &&
           *elf == 0x464c457f && getauxval(AT_PHNUM) > 2 && any && getauxval(AT_UID) == getuid() &&
           !getauxval(AT_SECURE) && strcmp((const char *)getauxval(AT_PLATFORM), "riscv64") == 0;
}

int main(int argc, char **argv)
{
    int nr = 0;

    while (environ[nr])
        nr++;
    if (((uintptr_t)argv & 7) || argv[argc] || strcmp(argv[2], "two words") || argv[3][0])
        return 1;
    if (!getenv("A") || strcmp(getenv("A"), "1") || !auxv_is_true())
        return 2;
    printf("%d arguments, %d variables and a true auxiliary vector\n", argc, nr);
    return 0;
}
