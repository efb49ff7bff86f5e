SRCS := vsbi.c
PUBLIC_DEPS := lib/base lib/sbi
