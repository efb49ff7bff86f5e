# Composition: from the list of components a kernel names to everything it needs.
#
# A component is a folder with a component.mk that sets only these words:
#   SRCS         its .c and .S files            HOST_SRCS  the same for host builds, where they differ
#   DEPS         components whose headers its sources include
#   PUBLIC_DEPS  components whose headers its public headers include (passed on to its users)
#   TEST_DEPS    what its host tests need besides
#   PROVIDES     contracts it implements        CONTRACT   the contracts it is the interface of
#   EXPORTS      global symbols no header names (an entry point the linker script wants)
#   PROGRAM_SRCS user-mode code that the kernel carries (make/kernel.mk)
#   CFLAGS       flags of its own, also for who links it by LIBS
#   LIBS         what an application is linked with, to be seen by it alone: archives and objects (beside component.mk, or
#                in a package), and components (a C library)
#   PACKAGES     Debian packages that it is built with, NAME or source:NAME; @NAME@ in SRCS, CFLAGS and LIBS is the folder
#   UNSANITIZED  "all" where no sanitizer's calls may be (it runs with paging off, or is the run time), or the one it may not call
#   OPTIMIZE     "size" where speed does not count: set-up, parsing, error paths; or the sources in SRCS of which that is so
# The file is read by make here and by Python in tools/, so it holds no make logic.
#
# After $(call compose,ROOTS) the variable ALL lists the closure, lowest first, and C.VAR holds each
# component's words. DEFAULTS are providers to be taken, in this order, for contracts that something in the
# closure asks for and nothing in it provides; so an application need not know what it will run on.

COMPONENT_VARS := SRCS HOST_SRCS DEPS PUBLIC_DEPS TEST_DEPS PROVIDES CONTRACT EXPORTS PROGRAM_SRCS OPTIMIZE UNSANITIZED CFLAGS \
    LIBS PACKAGES

define component_read
$(foreach v,$(COMPONENT_VARS),$(eval $(v) :=))
$(if $(wildcard $(1)/component.mk),,$(error no component '$(1)'$(if $(2), (needed by $(2)))))
$(eval include $(1)/component.mk)
$(if $(filter-out size $(SRCS),$(OPTIMIZE)),$(error OPTIMIZE of '$(1)' is "size" or sources in SRCS, not '$(filter-out size $(SRCS),$(OPTIMIZE))'))
$(foreach v,$(COMPONENT_VARS),$(eval $(1).$(v) := $($(v))))
$(eval $(1).libraries := $(patsubst %/component.mk,%,$(wildcard $(addsuffix /component.mk,$(LIBS)))))
$(eval $(1).ALLDEPS := $(sort $(DEPS) $(PUBLIC_DEPS) $($(1).libraries)))
endef

# Visits 1 (asked for by 2) and what it needs; a visit in progress that is met again is a cycle.
define component_visit
$(if $($(1).state),$(if $(filter open,$($(1).state)),$(error dependency cycle through '$(1)' (asked for by $(2)))),\
$(eval $(1).state := open)$(call component_read,$(1),$(2))\
$(foreach d,$($(1).ALLDEPS),$(call component_visit,$(d),$(1)))\
$(eval ALL += $(1))$(eval $(1).state := done))
endef

# Every contract whose interface is in the closure has exactly one provider in it.
providers = $(strip $(foreach c,$(ALL),$(if $(filter $(1),$($(c).PROVIDES)),$(c))))
known_providers = $(strip $(patsubst %/component.mk,%,$(shell grep -lE '^PROVIDES *:?=.*\b$(1)\b' \
    */*/component.mk */*/*/component.mk 2>/dev/null)))
define contract_bind
$(eval contract.$(1) := $(call providers,$(1)))
$(if $(word 2,$(contract.$(1))),$(error contract '$(1)' has more than one provider: $(contract.$(1)); name one of them))
$(if $(contract.$(1))$(LENIENT),,$(error contract '$(1)' has no provider in this kernel; name one of: $(call known_providers,$(1))))
endef

missing = $(foreach k,$(1),$(if $(filter $(k),$(foreach c,$(ALL),$($(c).CONTRACT))),$(if $(call providers,$(k)),,$(k))))
define default_take
$(call component_read,$(1),DEFAULTS)
$(if $(strip $(call missing,$($(1).PROVIDES))),$(call component_visit,$(1),DEFAULTS))
endef

define compose
$(eval ALL :=)
$(foreach r,$(1),$(call component_visit,$(r),the list of components))
$(foreach d,$(DEFAULTS),$(call default_take,$(d)))
$(foreach c,$(ALL),$(foreach k,$($(c).CONTRACT),$(call contract_bind,$(k))))
endef

# What a component may include: its own folder and interface, its dependencies, and what their public
# headers include in turn. A contract brings its provider's inline headers along.
public_closure = $(sort $(1) $(foreach c,$(1),$(if $($(c).PUBLIC_DEPS),$(call public_closure,$($(c).PUBLIC_DEPS)))))
visible = $(call public_closure,$($(1).ALLDEPS) $(foreach k,$($(1).PROVIDES),$(interface.$(k))))
inline_dirs = $(foreach c,$(1),$(foreach k,$($(c).CONTRACT),$(wildcard $(addsuffix /contract,$(contract.$(k))))))
include_flags_of = $(patsubst %,-I%,$(wildcard $(addsuffix /include,$(1))) $(call inline_dirs,$(1)))
include_flags = $(patsubst %,-I%,$(1) $(wildcard $(1)/include $(1)/contract)) $(call include_flags_of,$(call visible,$(1)))

# The folder, under that of all objects, for what is compiled with these providers' inline headers.
empty :=
space := $(empty) $(empty)
folder_of = $(or $(subst $(space),+,$(strip $(subst /,-,$(1)))),common)

# Headers that may name a public symbol of a component: see tools/localize.sh.
public_headers = $(wildcard $(1)/include/*/*.h $(1)/contract/*/*.h \
    $(foreach k,$($(1).PROVIDES),$(interface.$(k))/include/*/*.h) \
    $(foreach d,$(call visible,$(1)),$(d)/include/*/upcalls.h))

define interfaces_find
$(foreach c,$(ALL),$(foreach k,$($(c).CONTRACT),$(eval interface.$(k) := $(c))))
endef
