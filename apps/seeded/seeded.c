/* A unikernel that breaks rules: <seeds.h>. The tests put seeds.c into the other kernels. */
#include "seeds.h"

#include <app/app.h>

int app_main(void)
{
    return seeds_run();
}
