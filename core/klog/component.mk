SRCS := klog.c
DEPS := arch/api platform/api lib/printf lib/string core/console core/bootargs core/lock
PROVIDES := log
OPTIMIZE := size
