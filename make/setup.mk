# What a machine must have. Missing Debian packages are installed with apt, after saying so.

SETUPS := setup-run setup-test setup-bench setup-graph
$(SETUPS): setup-%:
	@tools/setup.sh $*
.PHONY: $(SETUPS)
