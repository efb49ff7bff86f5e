SRCS := undefined.c
DEPS := arch/api core/sanitize
UNSANITIZED := all
OPTIMIZE := size
EXPORTS := __ubsan_handle_*
