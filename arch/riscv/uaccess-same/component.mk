SRCS := copy.S uaccess.c
DEPS := arch/riscv/cpu arch/api lib/shadow
PROVIDES := uaccess
