SRCS := pseudofs.c seq.c
DEPS := lib/base lib/string lib/printf core/heap core/log
PUBLIC_DEPS := lib/base fs/vfs
