# What a machine must have. Missing Debian packages are installed with apt, after saying so.

SETUPS := setup-run setup-debug setup-check setup-test setup-bench setup-graph setup-format
# Another emulator than Debian's is the user's to have: tools/run.py looks at it.
$(SETUPS): export RUN_QEMU = $(value QEMU)
$(SETUPS): setup-%:
	@tools/setup.sh $*
.PHONY: $(SETUPS)
