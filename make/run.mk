# Running a kernel in QEMU.
#
#: make debug        the same as run, with QEMU waiting for gdb (the command to start is printed)

CPU ?= rv64
QEMU_ARGS = -machine virt$(if $(PFLASH),$(comma)pflash1=pflash1) -cpu $(CPU) -smp $(SMP) -m $(MEM) -nographic \
    -global virtio-mmio.force-legacy=false -kernel $(IMAGE) \
    $(if $(INITRD),-initrd $(INITRD)) $(if $(APPEND),-append "$(APPEND)") \
    $(if $(DISK),-drive file=$(DISK)$(comma)format=raw$(comma)if=none$(comma)id=disk0 -device virtio-blk-device$(comma)drive=disk0) \
    $(if $(PFLASH),-drive file=$(PFLASH)$(comma)format=raw$(comma)if=none$(comma)id=pflash1,) $(QEMU_EXTRA)
comma := ,

run: setup-run $(IMAGE)
	$(Q)$(QEMU) $(QEMU_ARGS)

debug: $(IMAGE)
	@echo "gdb-multiarch -x tools/gdb/trine.py $(ELF) -ex 'target remote :1234'"
	$(Q)$(QEMU) $(QEMU_ARGS) -S -s

.PHONY: run debug
