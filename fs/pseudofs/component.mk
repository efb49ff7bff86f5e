SRCS := pseudofs.c seq.c
DEPS := lib/string lib/printf lib/hash core/heap
PUBLIC_DEPS := lib/base fs/vfs
