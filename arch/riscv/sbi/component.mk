SRCS := sbi.c fail.S
DEPS := arch/api
PUBLIC_DEPS := lib/base lib/sbi
PROVIDES := arch-power
OPTIMIZE := size
UNSANITIZED := all
