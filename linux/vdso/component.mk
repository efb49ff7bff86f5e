SRCS := vdso.c image.S
HOST_SRCS := vdso.c host.c
PROGRAM_SRCS := image/clock.c image/hwprobe.c image/calls.S
DEPS := arch/api core/frame core/lock core/time lib/string linux/abi mm/vspace
PUBLIC_DEPS := lib/base
TEST_DEPS := arch/host arch/host-paging core/heap core/heap-tlsf
