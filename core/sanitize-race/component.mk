SRCS := watch.c access.c atomic.c
DEPS := lib/base arch/api core/sanitize
EXPORTS := __tsan_*
UNSANITIZED := all
