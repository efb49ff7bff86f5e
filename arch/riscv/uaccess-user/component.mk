SRCS := copy.S uaccess.c
DEPS := arch/riscv/cpu arch/api
PROVIDES := uaccess
