# Which kernel is meant, of which parts, and where it is built. How: make/objects.mk.
#
#: make image        builds; the last two lines printed are the paths of the ELF and the flat image. Editors find
#:                   the compiler's flags in compile_commands.json. KERNEL APP HEAP SCHED DEBUG as for run
#: make size         bytes that each component puts into the image
#: make graph        draws the component graph of the kernel (dot and svg, under out/)
#:

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
DEFAULTS :=
OPTIMIZE :=
include $(KDIR)/kernel.mk
NAME := $(subst /,-,$(patsubst kernels/%,%,$(KDIR)))$(if $(USES_APP),-$(subst /,-,$(patsubst apps/%,%,$(APPDIR))))
OUT  := $(O)/$(NAME)-$(subst /,-,$(HEAP))-$(subst /,-,$(SCHED))$(if $(DEBUG),-debug)$(if $(LOCKSTAT),-lockstat)$(SANITIZE:%=-%)

ELF   := $(OUT)/trine.elf
IMAGE := $(OUT)/trine.image

ifneq ($(USES_APP),)
ifeq ($(APPDIR),)
$(error no application '$(APP)': neither apps/$(APP) nor $(APP) is a component)
endif
else ifneq ($(filter command,$(origin APP)),)
$(error APP=$(APP) has no effect on KERNEL=$(KERNEL): an application runs with KERNEL=unikernel)
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

ifdef TREE_LOCKED
include make/objects.mk
endif
