SRCS := cache.c
DEPS := core/lock core/percpu core/tlsf
PUBLIC_DEPS := lib/base
OPTIMIZE := size
UNSANITIZED := address
