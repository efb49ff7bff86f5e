# Compilers and flags. Kernel code is base-ISA (no float, no compressed-only tricks, no gp).

CROSS   ?= riscv64-linux-gnu-
CC      := $(CROSS)gcc
LD      := $(CROSS)ld
NM      := $(CROSS)nm
OBJCOPY := $(CROSS)objcopy
PYTHON  := /usr/bin/python3

WARNINGS := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
    -Wno-unused-parameter -Wno-missing-field-initializers

# String constants need no alignment to words. Where size counts (OPTIMIZE := size) GCC's way of keeping every address
# it needs in a loop in a register of its own, its sibling calls, its second prologues and its jump tables cost more
# bytes than they save.
SIZE_FLAGS := -Os -fno-optimize-sibling-calls -fno-move-loop-invariants -fno-shrink-wrap -fno-jump-tables
ISA := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany
# An application computes with floats as the machine does. Between it and the kernel no floats are passed, so that
# the two calling conventions are one: tools/kernel_abi.py.
APP_ISA := -march=rv64gc -mabi=lp64d
# A guard page is hit, not jumped over: frames are at most 2 KiB (-Wframe-larger-than), and what alloca takes beyond
# is probed page by page (-fstack-clash-protection, which with GCC 12 for RISC-V does that part alone).
# The canary is the thread's (arch_thread.stack_guard): an instruction reads it, where a variable takes two or three.
# __global_pointer$ is never defined, so that linker relaxation shortens calls but never uses gp.
STACK_PROTECTOR := -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=tp \
    -mstack-protector-guard-offset=200
KERNEL_CFLAGS := -std=gnu11 -O2 -g $(ISA) -ffreestanding -fno-pie -fno-common -fno-strict-aliasing \
    -fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
    -ffunction-sections -fdata-sections -malign-data=natural $(STACK_PROTECTOR) -fstack-clash-protection -Wframe-larger-than=2048 $(WARNINGS) \
    $(if $(DEBUG),-DDEBUG) $(if $(LOCKSTAT),-DLOCKSTAT)
KERNEL_ASFLAGS := -g -fno-pie $(ISA) -D__ASSEMBLY__ $(if $(DEBUG),-DDEBUG)

# User-mode code: position-independent, soft-float so that any program can call it, with unwind tables.
PROGRAM_CFLAGS := -std=gnu11 -O2 -g $(ISA) -ffreestanding -fpic -fno-stack-protector -fasynchronous-unwind-tables $(WARNINGS)
PROGRAM_LDFLAGS := -shared -nostdlib -Bsymbolic --no-undefined --hash-style=both --eh-frame-hdr --build-id=none -s \
    -z max-page-size=4096 -z noexecstack
