SRCS := klog.c
DEPS := arch/api core/time lib/printf lib/string core/console core/bootargs core/lock
PROVIDES := log
