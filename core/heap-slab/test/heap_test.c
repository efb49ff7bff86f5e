/* The heap contract, provided by core/heap-slab. */
#include <heapsuite/heap_suite.h>

int main(void)
{
    return heap_suite_run();
}
