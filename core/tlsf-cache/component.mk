SRCS := cache.c
DEPS := lib/string core/frame core/percpu core/tlsf
PUBLIC_DEPS := lib/base core/lock
OPTIMIZE := size
