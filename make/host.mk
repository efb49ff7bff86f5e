# Components compiled for this machine: unit tests, fuzz targets and proofs.
#
#: make host-test    unit tests on this machine under AddressSanitizer and UBSan; of one component: COMPONENT=core/frame
#: make fuzz         libFuzzer targets, FUZZ_RUNS=20000 runs each; of one component: COMPONENT=core/frame
#: make prove        bounded proofs with CBMC; of one component: COMPONENT=core/frame. HOSTCC=clang compiles for all three
#:

$(foreach c,$(COMPONENT),$(if $(wildcard $(c)/component.mk),,$(error no component '$(c)': COMPONENT is a folder like core/frame)))
HOSTCC     ?= clang
FUZZ_RUNS  ?= 20000
LENIENT    := 1
HOST_ARCH  := arch/host
HOST_FLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-strict-aliasing -fsanitize=address,undefined \
    -fno-sanitize-recover=all $(filter-out -Wundef,$(WARNINGS)) -Wno-unused-command-line-argument -DHOST -DDEBUG
TESTED     := $(patsubst %/,%,$(if $(COMPONENT),$(COMPONENT),$(sort $(foreach d,$(wildcard */*/test */*/*/test),$(dir $(d))))))

# A host program for each test: the component, what it depends on and its TEST_DEPS, with arch/host as
# the machine. Each component composes on its own, since the provider of a contract may differ.
# What provides a contract that neither the component nor its TEST_DEPS chose.
DEFAULTS   := core/heap-tlsf core/sched-fifo arch/host-flat arch/host-uaccess arch/host-user lib/shadow-none platform/qemu-virt \
    linux/host-machine

define host_compose
$(foreach c,$(ALL),$(eval $(c).state :=))
$(call compose,$(wildcard $(HOST_ARCH)) $(1) $(call component_words,$(1),TEST_DEPS))
$(call interfaces_find)
endef
component_words = $(shell sed -n ':a;/\\$$/{N;ba};s/\\\n//g;s/^$(2) *:*= *//p' $(1)/component.mk)

host_srcs = $(or $($(1).HOST_SRCS),$(filter %.c,$($(1).SRCS)))

# 1 component, 2 kind (test|fuzz), 3 extra flags, 4 libraries
define host_rules
$(eval $(call host_compose,$(1)))
$(eval host_objs := )
$(foreach c,$(ALL),$(foreach s,$(call host_srcs,$(c)),$(eval $(call host_object,$(1),$(c),$(s),$(2),$(3)))))
$(foreach t,$(wildcard $(1)/test/*_$(2).c),$(eval $(call host_program,$(1),$(t),$(2),$(3),$(4))))
endef

# Programs share an object wherever a component sees the same providers' inline headers.
host_providers = $(patsubst %/contract,%,$(filter-out $(HOST_ARCH)/%,$(call inline_dirs,$(call visible,$(1)))))
host_path = $(O)/host/$(2)/objects/$(call folder_of,$(host_providers))/$(1)

define host_object
$(eval host_target := $(call host_path,$(2),$(4))/$(basename $(3)).o)
host_objs += $(host_target)
$(if $(host_known.$(host_target)),,$(eval host_known.$(host_target) := 1)
$(host_target): $(2)/$(3) $(2)/component.mk make/host.mk
	@mkdir -p $$(@D)
	$$(Q)$(HOSTCC) $(HOST_FLAGS) $(5) $(call include_flags,$(2)) -MMD -MP -c -o $$@ $$<
)
endef

define host_program
HOST_PROGRAMS_$(3) += $(O)/host/$(3)/$(1)/$(basename $(notdir $(2)))
$(O)/host/$(3)/$(1)/$(basename $(notdir $(2))): $(2) $(host_objs)
	@mkdir -p $$(@D)
	$$(call say,HOST,$(2))
	$$(Q)$(HOSTCC) $(HOST_FLAGS) $(4) -Wno-missing-prototypes $(call include_flags,$(1)) \
	    $(call include_flags_of,$(call public_closure,$(call component_words,$(1),TEST_DEPS))) \
	    -MMD -MP -o $$@ $(2) $(host_objs) $(5)
endef

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

$(foreach c,$(TESTED),$(if $(wildcard $(c)/test/*_test.c),$(eval $(call host_rules,$(c),test,,-lcmocka))))
ifneq ($(filter fuzz fuzz-programs,$(MAKECMDGOALS)),)
$(foreach c,$(TESTED),$(if $(wildcard $(c)/test/*_fuzz.c),$(eval $(call host_rules,$(c),fuzz,-fsanitize=fuzzer-no-link,-fsanitize=fuzzer))))
endif

# A component named that has nothing of the kind is told, not passed over.
nothing = $(if $(and $(COMPONENT),$(if $(HOST_PROGRAMS_$(1)),,1)),@echo "error: $(COMPONENT) has no test/*_$(1).c" >&2; exit 1)

# The lists are what `make test` runs: all there are, whatever one component is built for meanwhile.
host-programs: $(HOST_PROGRAMS_test)
	$(if $(COMPONENT),,@printf '%s\n' $(HOST_PROGRAMS_test) > $(O)/host/programs.txt)

host-test:
	$(call nothing,test)
	$(Q)+$(MAKE) --no-print-directory host-programs
	@status=0; for t in $(HOST_PROGRAMS_test); do \
	    if $$t > $$t.log 2>&1; then echo "ok      $$t"; else echo "FAILED  $$t"; cat $$t.log; status=1; fi; done; exit $$status

fuzz-programs: $(HOST_PROGRAMS_fuzz)
	$(if $(COMPONENT),,@mkdir -p $(O)/host && printf '%s\n' $(HOST_PROGRAMS_fuzz) > $(O)/host/fuzz-programs.txt)

fuzz:
	$(call nothing,fuzz)
	$(Q)+$(MAKE) --no-print-directory fuzz-programs
	@$(PYTHON) tools/fuzz.py $(FUZZ_RUNS) $(HOST_PROGRAMS_fuzz)

prove:
	@tools/prove.sh $(if $(COMPONENT),$(COMPONENT))

-include $(shell find $(O)/host -name '*.d' 2>/dev/null)
.PHONY: host-programs host-test fuzz fuzz-programs prove
