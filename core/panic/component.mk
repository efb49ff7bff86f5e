SRCS := panic.c backtrace.c
DEPS := arch/api core/log core/console core/irq core/percpu core/bootargs lib/symtab lib/string lib/printf core/power
PUBLIC_DEPS := lib/base
PROVIDES := panic
EXPORTS := __stack_chk_fail __stack_chk_guard
OPTIMIZE := size
