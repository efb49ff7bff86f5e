#error "no C library here: error numbers are <base/errno.h> (lib/base)"
