#: make test         every check: host unit tests, the composition's rules, kernels booted in QEMU.
#:                   TEST_JOBS=2 at once; PYTEST_ARGS="-k signals" for some of them
#: make test-full    that, and for a night: the ladder and the conformance programs under each sanitizer on 1, 4 and 8 harts, the fuzzer for
#:                   MINUTES=60 under SANITIZE=address and race, stress-ng's stressors of memory and scheduling. SEED= of the fuzzer
#: make smoke        builds and boots the three kernels
#: make tour         the ladder: builds and runs each rung; RUNG=u3 or RUNG="u3 u4" for some, SHOW=1 with the console
#: make bench        measures under -icount; table, plot and JSON under out/bench/; GROUP=calls for some
#: make fuzz-calls   random system calls of many threads on SMP=4 harts for MINUTES=10, from SEED=1; SANITIZE= as for run. What is found
#:                   is made smaller; KEEP_GOING=1 goes on instead. FAIL=12: in 12 calls of 256 an allocation fails; ROUND=n begins there
#: make check        the rules of composition (layers, cycles, kernel identity, unused functions) and of locks
#: make format       clang-format 14 over the C sources
#:

TEST_JOBS ?= 2

# 1 how long it lasts, 2 folders and files of tests
define tests_run
	@echo "Three steps, $(1) on two cores. 1 of 3: the unit tests are compiled"
	@$(MAKE) --no-print-directory -j2 host-programs
	@echo "2 of 3: the fuzz targets are compiled"
	@$(MAKE) --no-print-directory -j2 fuzz-programs
	@echo "3 of 3: everything runs; each line tells how far it is"
	@$(foreach w,MINUTES SEED,$(if $(filter command,$(origin $(w))),FUZZ_$(w)=$($(w)))) \
	    $(PYTHON) -m pytest -v -n $(TEST_JOBS) --dist load -p no:cacheprovider --color=no $(2) $(PYTEST_ARGS)
endef

test: setup-test
	$(call tests_run,about half an hour,tests)

test-full: setup-test
	$(call tests_run,a night,tests tests/system/*_full.py)

smoke: setup-run
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/smoke_test.py

tour: setup-test
	@$(PYTHON) tools/tour.py $(if $(SHOW),--show) $(RUNG)

bench: setup-bench
	@$(PYTHON) tools/bench.py $(GROUP)

FUZZ_WORDS := SANITIZE SMP SEED MINUTES ROUND FAIL
fuzz-calls: setup-test
	@$(PYTHON) tools/fuzz_calls.py $(foreach w,$(FUZZ_WORDS),$(if $(filter command,$(origin $(w))),--$(shell echo $(w) | tr A-Z a-z) $($(w)))) \
	    $(if $(KEEP_GOING),--keep-going --no-shrink)

check: setup-check
	@$(PYTHON) tools/check_layers.py
	@$(PYTHON) tools/check_unused.py
	@TRINE_OUT=$(O) $(PYTHON) tools/check_locks.py

# Versions differ in what they do to a tree; this is Debian 12's. Not the headers of assembly macros.
CLANG_FORMAT := clang-format-14
format: setup-format
	@git ls-files '*.c' '*.h' | xargs grep -LE '^ *\.macro' | xargs $(CLANG_FORMAT) -i

.PHONY: test test-full smoke tour bench fuzz-calls check format
