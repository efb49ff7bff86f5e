# Trine: one set of components, three kernels. `make help` says what there is to make.

KERNEL ?= monolithic
APP    ?= hello
SMP    ?= 1
MEM    ?= 256M
QEMU   ?= qemu-system-riscv64
DEBUG  ?=
ifneq ($(filter-out 0 1,$(DEBUG)),)
$(error DEBUG='$(DEBUG)': DEBUG is 1 or 0)
endif
override DEBUG := $(filter 1,$(DEBUG))

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

include make/setup.mk
include make/compose.mk
include make/toolchain.mk
ifneq ($(filter-out help setup test smoke host-programs fuzz-programs clean format prove fuzz host-test tour bench check,$(or $(MAKECMDGOALS),help)),)
include make/kernel.mk
include make/run.mk
endif
ifneq ($(filter host-test host-programs fuzz fuzz-programs prove,$(MAKECMDGOALS)),)
include make/host.mk
endif
include make/check.mk

help:
	@sed -n 's/^#: //p' make/*.mk Makefile

#: make run [KERNEL=monolithic|unikernel|hypervisor] [APP=..] [SMP=..] [MEM=..] [HEAP=tlsf|slab|buddy]
#:          [SCHED=fifo|rr|cfs] [INITRD=..] [DISK=..] [PFLASH=..] [APPEND=..] [QEMU=..] [DEBUG=1]
#:                   builds a kernel and boots it in QEMU; the console is this terminal (leave: ^A x)

clean:
	rm -rf out compile_commands.json

.PHONY: help clean
