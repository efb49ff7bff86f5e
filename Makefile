# Trine: one set of components, three kernels. `make help` says what there is to make.

include make/words.mk

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
LOCKSTAT ?=
ifneq ($(filter-out 0 1,$(LOCKSTAT)),)
$(error LOCKSTAT='$(LOCKSTAT)': LOCKSTAT is 1 or 0)
endif
override LOCKSTAT := $(filter 1,$(LOCKSTAT))

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

include make/setup.mk
include make/compose.mk
include make/sanitize.mk
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

# In the order in which somebody new wants it.
help:
	@sed -n 's/^#: \{0,1\}//p' Makefile make/run.mk make/kernel.mk make/check.mk make/host.mk make/words.mk

#: make run          builds a kernel and boots it in QEMU; the console is this terminal. Leave: Ctrl-^ x (Ctrl-6, x)
#:   KERNEL=monolithic|unikernel|hypervisor   or a folder with a kernel.mk
#:   APP=hello        the unikernel's application: apps/NAME, or a folder; APP alone means KERNEL=unikernel
#:   HEAP=tlsf|slab|buddy   SCHED=fifo|rr|cfs   variants, or a folder with a component
#:   SMP=1 MEM=256M CPU=rv64   the machine: harts, memory, QEMU's -cpu
#:   INITRD=file      instead of BusyBox, or of the two guests      DISK=file   a virtio disk, written to
#:   PFLASH=file      content of the second flash bank              APPEND=words   the kernel's command line
#:   QEMU=program     another emulator    QEMU_EXTRA="-icount shift=0,sleep=off"   more words for QEMU
#:   O=out            the folder to build in
#:   SANITIZE=address|undefined|race   checks every access or operation: docs/debugging.md
#:   LOCKSTAT=1       counts what each class of locks is taken for: /proc/lock_stat
#:   DEBUG=1          checks lock order, poisons freed memory      V=1   shows each command    CROSS=prefix- CC=compiler WARNINGS= SIZE_FLAGS=
#:
clean:
	@tools/lock.sh $(O) find $(O) -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
	rm -f compile_commands.json

.PHONY: help clean
