# One kernel: composes it, compiles each component into one relocatable object whose private symbols
# are local, checks that nothing undeclared is used, and links the image.
#
#: make image        builds; the last two lines printed are the paths of the ELF and the flat image
#: make size         bytes that each component puts into the image
#: make graph        draws the component graph of the kernel (dot and svg, under out/)

KDIR := $(if $(wildcard kernels/$(KERNEL)/kernel.mk),kernels/$(KERNEL),$(KERNEL))
ifeq ($(wildcard $(KDIR)/kernel.mk),)
$(error no kernel '$(KERNEL)': KERNEL is one of $(notdir $(patsubst %/kernel.mk,%,$(wildcard kernels/*/kernel.mk))) or a folder with a kernel.mk)
endif

# The application of a unikernel: apps/NAME, or any folder that is a component (a rung of the tour).
APPDIR := $(firstword $(foreach d,apps/$(APP) $(APP) tour/$(APP),$(if $(wildcard $(d)/component.mk),$(d))))

# Variants: core/heap-NAME, core/sched-NAME, or any folder that provides the same contract. A kernel may
# have defaults of its own.
-include $(KDIR)/defaults.mk
HEAP  ?= tlsf
SCHED ?= cfs
# 1 variable, 2 contract, 3 prefix of its providers' names: the component that the variable's value means
define variant
$(if $(wildcard $(3)-*/component.mk),$(or $(filter $(3)-$($(1)),$(call known_providers,$(2))),\
$(if $(wildcard $($(1))/component.mk),$($(1))),\
$(error no variant '$($(1))': $(1) is one of $(patsubst $(3)-%,%,$(filter $(3)-%,$(call known_providers,$(2)))) \
or a folder with a component)))
endef
HEAP_COMPONENT  := $(strip $(call variant,HEAP,heap,core/heap))
SCHED_COMPONENT := $(strip $(call variant,SCHED,sched-policy,core/sched))

SRCS :=
COMPONENTS :=
include $(KDIR)/kernel.mk
NAME := $(subst /,-,$(patsubst kernels/%,%,$(KDIR)))$(if $(USES_APP),-$(subst /,-,$(patsubst apps/%,%,$(APPDIR))))
OUT  := out/$(NAME)-$(subst /,-,$(HEAP))-$(subst /,-,$(SCHED))$(if $(DEBUG),-debug)

APP_GIVEN := $(filter command,$(origin APP))
ifneq ($(USES_APP)$(APP_GIVEN),)
ifeq ($(APPDIR),)
$(error no application '$(APP)': neither apps/$(APP) nor $(APP) is a component)
endif
endif
ifeq ($(USES_APP)$(APP_GIVEN),command)
$(info note: APP=$(APP) is for KERNEL=unikernel; the kernel '$(KERNEL)' takes no application)
endif

# The kernel's own folder is the last component: main.c sees everything its list names.
$(KDIR).SRCS := $(SRCS)
$(KDIR).ALLDEPS := $(sort $(COMPONENTS))
$(KDIR).state := done
$(call compose,$(COMPONENTS))
$(call interfaces_find)
ALL += $(KDIR)
# A list may name only the provider of a contract; main.c then sees the interface too.
$(KDIR).ALLDEPS := $(sort $(COMPONENTS) $(foreach c,$(COMPONENTS),$(foreach k,$($(c).PROVIDES),$(interface.$(k)))))

# An application with a file `with-ktests` runs the in-kernel tests of every component in the closure.
KTESTS := $(if $(and $(USES_APP),$(wildcard $(APPDIR)/with-ktests)),1)

BUILD_FILES := Makefile make/compose.mk make/toolchain.mk make/kernel.mk

# PROGRAM_SRCS: user-mode code that the kernel carries. Linked into a shared object of its own, by the
# .ld file beside the sources; the component's assembly takes it in with .incbin "program.so".
define program_rules
$(1).program_objs := $(patsubst %,$(OUT)/obj/$(1)/%.o,$(basename $($(1).PROGRAM_SRCS)))
$(1).program_script := $(wildcard $(sort $(dir $(addprefix $(1)/,$($(1).PROGRAM_SRCS))))*.ld)
$$($(1).program_objs): KERNEL_CFLAGS := $(PROGRAM_CFLAGS)
$(OUT)/obj/$(1)/program.so: $$($(1).program_objs) $$($(1).program_script)
	$$(call say,LD,$$@)
	$$(Q)$(LD) $(PROGRAM_LDFLAGS) -soname $(subst /,-,$(1)).so.1 -T $$($(1).program_script) -o $$@ $$($(1).program_objs)
$(patsubst %.S,$(OUT)/obj/$(1)/%.o,$(filter %.S,$($(1).SRCS))): $(OUT)/obj/$(1)/program.so
$(1).flags += -Wa,-I$(OUT)/obj/$(1)
endef

define component_rules
$(1).objs := $(patsubst %,$(OUT)/obj/$(1)/%.o,$(basename $($(1).SRCS) \
    $(if $(KTESTS),$(patsubst $(1)/%,%,$(wildcard $(1)/test/*_ktest.c)))))
$(1).flags := $(if $(filter size,$($(1).OPTIMIZE)),$(SIZE_FLAGS)) $(call include_flags,$(1)) $(if $(KTESTS),-Icore/ktest/include)
ifneq ($$(strip $$($(1).objs)),)
LINKED += $(OUT)/c/$(1).o
$(OUT)/obj/$(1)/%.o: $(1)/%.c $(wildcard $(1)/component.mk) $(BUILD_FILES) $(KDIR)/kernel.mk
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$(CC) $(KERNEL_CFLAGS) $$($(1).flags) -MMD -MP -c -o $$@ $$<
	@printf '{"directory": "%s", "file": "%s", "command": "%s"},\n' "$(CURDIR)" "$$<" \
	    "$(CC) $(KERNEL_CFLAGS) $$($(1).flags) -c $$<" > $$@.json
$(OUT)/obj/$(1)/%.o: $(1)/%.S $(wildcard $(1)/component.mk) $(BUILD_FILES) $(KDIR)/kernel.mk
	@mkdir -p $$(@D)
	$$(call say,AS,$$<)
	$$(Q)$(CC) $(KERNEL_ASFLAGS) $$($(1).flags) -MMD -MP -c -o $$@ $$<
ifneq ($($(1).PROGRAM_SRCS),)
$(call program_rules,$(1))
endif
$(OUT)/c/$(1).o: $$($(1).objs) $(call public_headers,$(1)) tools/localize.sh
	@mkdir -p $$(@D)
	$$(Q)$(LD) -r -o $$@.whole $$($(1).objs)
	$$(Q)tools/localize.sh $(CROSS) $$@.whole $$@ "$($(1).EXPORTS)" $(call public_headers,$(1))
endif
endef

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))
LINKED :=
$(foreach c,$(ALL),$(eval $(call component_rules,$(c))))

# For tools/check_symbols.py: what each component may refer to.
define symbols_line
$(1): $(sort $(if $(KTESTS),core/ktest) $(call visible,$(1)) $(foreach d,$(call visible,$(1)),$(foreach k,$($(d).CONTRACT),$(contract.$(k)))))

endef

$(OUT)/components.txt: $(BUILD_FILES) $(KDIR)/kernel.mk $(wildcard $(addsuffix /component.mk,$(ALL)))
	$(if $(findstring n,$(firstword -$(MAKEFLAGS))),,$(shell mkdir -p $(@D))$(file >$@,$(foreach c,$(ALL),$(call symbols_line,$(c)))))@true

KERNEL_LD := arch/riscv/kernel.ld
ELF   := $(OUT)/trine.elf
IMAGE := $(OUT)/trine.image

# Linked twice: the symbol table for backtraces is made from the first link and has a place of its own
# at the end of the read-only data, so that no address it names moves.
$(ELF): $(LINKED) $(KERNEL_LD) $(OUT)/components.txt tools/check_symbols.py tools/symtab.py tools/zbb_sites.py tools/link.sh
	$(Q)$(PYTHON) tools/check_symbols.py $(CROSS) $(OUT)
	$(call say,LD,$@)
	$(Q)tools/link.sh $(CROSS) $(KERNEL_LD) $(OUT) $(LINKED)

$(IMAGE): $(ELF)
	$(Q)$(OBJCOPY) -O binary $< $@

$(OUT)/compile_commands.json: $(ELF)
	@{ echo '['; cat $$(find $(OUT)/obj -name '*.o.json' | sort) | sed '$$ s/,$$//'; echo ']'; } > $@
	@ln -sf $@ compile_commands.json

# What `make run` builds first, with every core; a -j of the user's own is left as it is.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc)) --output-sync=target

image: $(IMAGE) $(OUT)/compile_commands.json
	@echo $(ELF)
	@echo $(IMAGE)

size: $(IMAGE)
	@$(PYTHON) tools/size.py $(CROSS) $(OUT)

graph: $(OUT)/components.txt setup-graph
	@$(PYTHON) tools/graph.py $(OUT)/components.txt > $(OUT)/graph.dot
	@dot -Tsvg -o $(OUT)/graph.svg $(OUT)/graph.dot
	@echo $(OUT)/graph.svg

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
.PHONY: image size graph
