# Running a kernel in QEMU. The command line is in tools/trine/machine.py, shared with the tests.
#
#: make debug        the same as run, with QEMU waiting for gdb (the command to start is printed)
#:

CPU ?= rv64
# Without INITRD= the monolithic kernel boots Debian's BusyBox, and the hypervisor two of our kernels.
DEFAULT_INITRD := $(if $(filter kernels/monolithic,$(KDIR)),$(O)/busybox.cpio,$(if $(filter kernels/hypervisor,$(KDIR)),$(O)/guests.cpio))

$(O)/busybox.cpio: tools/initrd.py tools/debian.py tools/trine/cpio.py
	@mkdir -p $(@D)
	$(call say,MAKE,$@)
	$(Q)tools/initrd.py $@

# The guests' images are other builds, which know themselves what is out of date. After our own: they share objects.
$(O)/guests.cpio: kernels/hypervisor/guests.dts $(O)/busybox.cpio always | $(IMAGE)
	$(call say,MAKE,$@)
	$(Q)tools/guests.py $@ $< monolithic.image=monolithic hello.image=unikernel:hello busybox.cpio=$(O)/busybox.cpio

always:

# Through the environment, so that neither make nor a shell takes quotes, blanks and dollars for its own.
RUN_VARIABLES := SMP MEM CPU QEMU INITRD APPEND DISK PFLASH
$(foreach v,$(RUN_VARIABLES),$(eval run debug: export RUN_$(v) = $$(value $(v))))
# A program's terminal is as large as this one.
RUN = $(PYTHON) tools/run.py $(if $(filter kernels/monolithic,$(KDIR)),--size) $(IMAGE) $(if $(INITRD),,$(addprefix initrd=,$(DEFAULT_INITRD)))

# First what the machine lacks, then a look at the variables, then the build: a wrong value builds nothing.
define run_prepare
$(Q)$(PYTHON) tools/run.py --check $(IMAGE)
$(Q)+$(MAKE) --no-print-directory $(PARALLEL) run-files
endef

run-files: $(IMAGE) $(OUT)/compile_commands.json $(if $(INITRD),,$(DEFAULT_INITRD))
	@:

run: setup-run
	$(run_prepare)
	$(Q)$(RUN) "extra=$(QEMU_EXTRA)"

debug: setup-debug
	$(run_prepare)
	@echo "In another terminal, in this folder:"
	@echo "gdb-multiarch -x tools/gdb/trine.py $(ELF) -ex 'target remote :1234'"
	$(Q)$(RUN) "extra=$(QEMU_EXTRA) -S -s"

.PHONY: run debug run-files always
