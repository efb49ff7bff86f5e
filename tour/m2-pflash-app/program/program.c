/*
 * The program in flash: says hello from its data segment, counts in its bss, leaves with 7. No
 * library.
 */
static char greeting[] = "hello from flash, ? times\n";
static int count;

static long call(long number, long a0, long a1, long a2)
{
    register long r0 __asm__("a0") = a0, r1 __asm__("a1") = a1, r2 __asm__("a2") = a2;
    register long n __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(r0) : "r"(r1), "r"(r2), "r"(n) : "memory");
    return r0;
}

void _start(void)
{
    while (count < 7)
        count++;
    greeting[18] = (char)('0' + count);
    call(64, 1, (long)greeting, sizeof(greeting) - 1);
    call(64, 1, 8, 100); /* a wild pointer: refused */
    call(93, count, 0, 0);
}
