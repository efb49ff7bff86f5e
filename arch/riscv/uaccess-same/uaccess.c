/*
 * A provider of the uaccess contract; its assembly is in copy.S.
 */
#include <riscv/uaccess_body.h>
