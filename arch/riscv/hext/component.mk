SRCS := init.c state.c guest.c stage.c enter.S access.S
DEPS := lib/bits arch/riscv/cpu arch/riscv/fpu arch/riscv/sbi
PUBLIC_DEPS := arch/api lib/base
PROVIDES := guest
