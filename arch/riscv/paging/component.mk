SRCS := paging.c walk.c tlb.c zbb.c
DEPS := arch/riscv/cpu arch/riscv/sbi lib/base
PUBLIC_DEPS := arch/api
PROVIDES := arch-paging
OPTIMIZE := size
UNSANITIZED := all
