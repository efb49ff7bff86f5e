SRCS := report.c
DEPS := arch/api lib/printf lib/symtab
PUBLIC_DEPS := lib/base
UNSANITIZED := all
OPTIMIZE := size
