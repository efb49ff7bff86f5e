# Builds in one folder take turns: what builds runs in a make of its own, which holds the folder's lock.
# O=dir on the command line is the folder to build in, for a tree that cannot be written or another set of objects.
# TREE_LOCKED says that this make, or one above it, has the lock.
HOST_GOALS  := host-programs fuzz-programs
BUILD_GOALS := $(filter-out help setup test test-full smoke clean format prove fuzz fuzz-calls host-test tour bench check run debug $(SETUPS),\
    $(or $(MAKECMDGOALS),help))
export TRINE_OUT := $(O)

# What builds does so with every core; a -j of the user's own is left as it is.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc)) --output-sync=target

ifneq ($(if $(TREE_LOCKED),,$(BUILD_GOALS)),)
$(BUILD_GOALS): build-in-turn
	@:

build-in-turn:
	+@tools/lock.sh $(O) $(MAKE) --no-print-directory $(PARALLEL) $(BUILD_GOALS)

.PHONY: $(BUILD_GOALS) build-in-turn
endif
