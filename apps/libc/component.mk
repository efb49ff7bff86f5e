SRCS := start.c console.c memory.c time.c lock.c
DEPS := apps/api core/bootargs core/console core/heap core/lock core/log core/power core/random core/sync core/thread core/thread-local core/time \
    drivers/rtc-goldfish lib/base
PACKAGES := picolibc-riscv64-unknown-elf
CFLAGS := -isystem @picolibc-riscv64-unknown-elf@/usr/lib/picolibc/riscv64-unknown-elf/include -D_GNU_SOURCE
LIBS := @picolibc-riscv64-unknown-elf@/usr/lib/picolibc/riscv64-unknown-elf/lib/release/libc.a
