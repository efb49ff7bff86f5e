# What a machine must have. Missing Debian packages are installed with apt, after saying so.

setup-run:
	@tools/setup.sh run
setup-test:
	@tools/setup.sh test
.PHONY: setup-run setup-test
setup-bench:
	@tools/setup.sh bench
.PHONY: setup-bench
