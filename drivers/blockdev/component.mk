SRCS := blockdev.c sync.c bytes.c
DEPS := arch/api core/bootargs core/frame core/heap core/lock core/log core/sync core/time lib/bits lib/partition \
    lib/printf lib/string
PUBLIC_DEPS := lib/base lib/list
TEST_DEPS := arch/host core/frame core/percpu core/sched-fifo core/heap-tlsf lib/crc32
