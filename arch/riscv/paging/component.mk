SRCS := paging.c walk.c tlb.c
DEPS := arch/riscv/cpu arch/riscv/sbi
PUBLIC_DEPS := arch/api lib/base
PROVIDES := arch-paging
OPTIMIZE := size
OPTIMIZE := size
