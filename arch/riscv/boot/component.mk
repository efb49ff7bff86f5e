SRCS := start.S map.c
DEPS := arch/riscv/cpu arch/riscv/trap arch/riscv/paging arch/riscv/smp arch/riscv/timer arch/api
EXPORTS := start
OPTIMIZE := size
UNSANITIZED := all
