SRCS := panic.c backtrace.c
HOST_SRCS := host.c
DEPS := core/log core/console core/irq core/percpu core/bootargs lib/symtab lib/string lib/printf core/power
PUBLIC_DEPS := lib/base arch/api
PROVIDES := panic
EXPORTS := __stack_chk_fail
OPTIMIZE := size
