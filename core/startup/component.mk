SRCS := startup.c
DEPS := core/log core/console core/frame core/bootargs core/percpu core/kmap core/panic core/irq core/power core/time lib/shadow
PUBLIC_DEPS := arch/api platform/api
OPTIMIZE := size
