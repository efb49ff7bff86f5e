/*
 * A provider of the uaccess contract; what it does between the lines is in copy.S.
 */
#include <riscv/uaccess_body.h>
