SRCS := pseudofs.c seq.c
DEPS := lib/string lib/printf lib/hash core/heap
PUBLIC_DEPS := lib/base fs/vfs
TEST_DEPS := core/frame core/heap core/heap-tlsf core/faultinject fs/ramfs arch/host
