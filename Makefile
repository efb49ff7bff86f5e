# Trine: one set of components, three kernels. `make help` says what there is to make.

KERNEL ?= monolithic
APP    ?= hello
SMP    ?= 1
MEM    ?= 256M
QEMU   ?= qemu-system-riscv64
O      := out
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
include make/lock.mk
ifneq ($(filter run debug,$(MAKECMDGOALS))$(if $(TREE_LOCKED),$(filter-out $(HOST_GOALS) run debug,$(BUILD_GOALS))),)
include make/kernel.mk
include make/run.mk
endif
ifneq ($(filter host-test fuzz prove,$(MAKECMDGOALS))$(if $(TREE_LOCKED),$(filter $(HOST_GOALS),$(BUILD_GOALS))),)
include make/host.mk
endif
include make/check.mk

help:
	@sed -n 's/^#: //p' make/*.mk Makefile

#: make run [KERNEL=monolithic|unikernel|hypervisor] [APP=..] [SMP=..] [MEM=..] [HEAP=tlsf|slab|buddy]
#:          [SCHED=fifo|rr|cfs] [INITRD=..] [DISK=..] [PFLASH=..] [APPEND=..] [QEMU=..] [DEBUG=1] [O=dir]
#:                   builds a kernel and boots it in QEMU; the console is this terminal (leave: ^A x)

clean:
	@tools/lock.sh $(O) find $(O) -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
	rm -f compile_commands.json

.PHONY: help clean
