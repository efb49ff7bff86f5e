#: make test         every check: host unit tests, the composition's rules, kernels booted in QEMU
#: make tour [RUNG=u3]   the ladder: builds and runs each rung (or one)
#: make bench        measures everything under -icount; table, plots and JSON under out/bench/
#: make smoke        builds and boots the three kernels

smoke: ; @tools/smoke.sh
.PHONY: smoke
