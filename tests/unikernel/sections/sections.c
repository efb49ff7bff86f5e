/*
 * Data in every kind of section that a compiler may make: each has its value when the program runs.
 */
#include <app/app.h>
#include <console/console.h>

static int in_own __attribute__((section(".data.mine"))) = 42;
static int in_small __attribute__((section(".sdata.mine"))) = 43;
static int in_small_bss __attribute__((section(".sbss.mine,\"aw\",@nobits#")));
static const int in_constants __attribute__((section(".srodata.mine"))) = 44;
int by_table = 45; /* reached through .got */
static int *const volatile relocated = &in_own;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed = 47;
}

static int read_by_table(void)
{
    int value;

    __asm__(".option push\n .option pic\n la %0, by_table\n .option pop\n lw %0, 0(%0)"
            : "=r"(value));
    return value;
}

int app_main(void)
{
    static const char line[] = "sections: ok\n";

    if (*(volatile int *)&in_own != 42 || *(volatile int *)&in_small != 43 ||
        *(volatile int *)&in_small_bss != 0 || *(const volatile int *)&in_constants != 44 ||
        read_by_table() != 45 || *relocated != 42 || constructed != 47)
        return 1;
    console_write(line, sizeof(line) - 1);
    return 0;
}
