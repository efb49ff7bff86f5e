#include <arch/sv39.h>
