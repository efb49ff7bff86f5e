SRCS := clock.c sleep.c itimer.c posix_timer.c
DEPS := arch/uaccess core/heap core/log lib/string linux/process linux/vdso
PUBLIC_DEPS := linux/abi lib/base core/time
