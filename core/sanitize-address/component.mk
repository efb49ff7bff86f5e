SRCS := shadow.c check.c
DEPS := lib/base lib/shadow arch/api core/frame core/sanitize
PROVIDES := shadow
EXPORTS := __asan_* __wrap_kernel_main
UNSANITIZED := all
