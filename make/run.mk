# Running a kernel in QEMU. The command line is in tools/trine/machine.py, shared with the tests.
#
#: make debug        the same as run, with QEMU waiting for gdb (the command to start is printed)

CPU ?= rv64
# Without INITRD= the monolithic kernel boots Debian's BusyBox.
DEFAULT_INITRD := $(if $(filter kernels/monolithic,$(KDIR)),out/busybox.cpio)
RUN_INITRD := $(or $(INITRD),$(DEFAULT_INITRD))

out/busybox.cpio: tools/initrd.py tools/debian.py tools/trine/cpio.py
	@mkdir -p $(@D)
	$(call say,MAKE,$@)
	$(Q)tools/initrd.py $@

RUN = $(PYTHON) tools/run.py $(IMAGE) smp=$(SMP) mem=$(MEM) cpu=$(CPU) qemu=$(QEMU) initrd=$(RUN_INITRD) \
    "append=$(APPEND)" disk=$(DISK) pflash=$(PFLASH)

run: setup-run $(IMAGE) $(RUN_INITRD)
	$(Q)$(RUN) "extra=$(QEMU_EXTRA)"

debug: setup-run $(IMAGE) $(RUN_INITRD)
	@echo "gdb-multiarch -x tools/gdb/trine.py $(ELF) -ex 'target remote :1234'"
	$(Q)$(RUN) "extra=$(QEMU_EXTRA) -S -s"

.PHONY: run debug
