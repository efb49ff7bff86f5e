SRCS := panic.c
DEPS := arch/api core/log core/console core/irq core/percpu core/bootargs lib/symtab lib/printf
PUBLIC_DEPS := lib/base
PROVIDES := panic
