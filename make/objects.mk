# One kernel: composes it, compiles each component into one relocatable object whose private symbols
# are local, checks that nothing undeclared is used, and links the image.
#
# What is compiled is shared by all kernels that are built here. What an object depends on, besides its
# sources, is in two places: in its path, which providers' inline headers the component sees (core/thread
# is another one with another scheduling policy); in a file `flags` beside it, everything else. So a second
# application, heap or policy compiles what differs, and a change of flags or of a component.mk what it changes.

# The kernel's own folder is the last component: main.c sees everything its list names.
$(KDIR).SRCS := $(SRCS)
$(KDIR).OPTIMIZE := $(OPTIMIZE)
$(KDIR).ALLDEPS := $(sort $(COMPONENTS))
$(KDIR).state := done
$(call compose,$(COMPONENTS) $(SANITIZERS))
$(call interfaces_find)
ALL += $(KDIR)
# A list may name only the provider of a contract; main.c then sees the interface too.
$(KDIR).ALLDEPS := $(sort $(COMPONENTS) $(foreach c,$(COMPONENTS),$(foreach k,$($(c).PROVIDES),$(interface.$(k)))))

# An application with a file `with-ktests` runs the in-kernel tests of every component in the closure.
KTESTS := $(if $(and $(USES_APP),$(wildcard $(APPDIR)/with-ktests)),1)

# Where a component's objects are. The providers that every machine's kernel has are not worth a folder.
OBJECTS := $(O)/objects$(if $(DEBUG),-debug)$(if $(LOCKSTAT),-lockstat)$(SANITIZE:%=-%)
providers_seen = $(filter-out arch/%,$(patsubst %/contract,%,$(call inline_dirs,$(call visible,$(1)))))
store_of = $(OBJECTS)/$(call folder_of,$(call providers_seen,$(1)))/$(subst ..,up,$(if $(filter $(KDIR),$(1)),kernels/$(NAME),$(1)))

# Of the machine that builds only the compiler's own headers are seen: <stddef.h>, <stdarg.h> and the like. A header of
# the C library is a line that says what there is instead.
NO_LIBC := -nostdinc -isystem $(shell $(CC) -print-file-name=include) -idirafter make/no-libc

LIBGCC  := $(shell $(CC) $(APP_ISA) -print-libgcc-file-name)

# Writes file 1, of words 2, if that is not what is in it; nothing under `make -n`.
IS_DRY := $(findstring n,$(firstword -$(MAKEFLAGS)))
is_same = $(and $(findstring x$(1)x,x$(2)x),$(findstring x$(2)x,x$(1)x))
note = $(if $(IS_DRY)$(call is_same,$(strip $(file <$(1))),$(strip $(2))),,$(shell mkdir -p $(dir $(1)))$(file >$(1),$(2)))

define flags_text
$(CC) $(KERNEL_CFLAGS)
$(CC) $(KERNEL_ASFLAGS)
$($(1).flags) $($(1).sanitized)
$(foreach s,$(filter %.c,$($(1).OPTIMIZE)),$(s): $(SIZE_FLAGS))
$(if $($(1).PROGRAM_SRCS),$(PROGRAM_CFLAGS) $(PROGRAM_LDFLAGS))
$($(1).SRCS) $($(1).ktests) $($(1).LIBS)
$($(1).EXPORTS) $(call public_headers,$(1))
endef

# 1 component, 2 a source: flags of one whose speed does not count in a component where that of others does
small = $(if $(filter $(2),$($(1).OPTIMIZE)),$(SIZE_FLAGS))

# 1 component, 2 its objects of C, 3 a sanitizer's flags; the constructors that it makes run before all others (kernel.ld)
define c_rules
C_OBJS += $(2)
$(2): $($(1).store)/%.o: $(1)/%.c $($(1).store)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$(CC) $$(KERNEL_CFLAGS) $$($(1).flags) $$(call small,$(1),$$*.c) $(3) $$(if $$(findstring _ktest,$$<),-Icore/ktest/include) -MMD -MP -c -o $$@ $$<
	$(if $(3),$(if $(filter app,$($(1).PROVIDES)),,$$(Q)$(OBJCOPY) --rename-section .init_array=.init_array.00099 $$@))
	@printf '{"directory": "%s", "file": "%s", "command": "%s"},\n' "$(CURDIR)" "$$<" \
	    "$(CC) $$(KERNEL_CFLAGS) $$($(1).flags) $$(call small,$(1),$$*.c) $(3) -c $$<" > $$@.json

endef

# 1 component, 2 its objects of assembly
define s_rules
S_OBJS += $(2)
$(2): $($(1).store)/%.o: $(1)/%.S $($(1).store)/flags
	@mkdir -p $$(@D)
	$$(call say,AS,$$<)
	$$(Q)$(CC) $(KERNEL_ASFLAGS) $$($(1).flags) -MMD -MP -c -o $$@ $$<

endef

# 1 component, 2 its objects and those of its libraries, 3 archives
define whole_rules
LINKED += $($(1).object)
$($(1).object): $(2) $(3) $(call public_headers,$(1)) tools/localize.sh tools/kernel_abi.py
	$$(Q)$(LD) -r -o $$@.whole $(2) $(if $($(1).is_app),--start-group $(3) $(LIBGCC) --end-group)
	$$(Q)tools/localize.sh $(CROSS) $$@.whole $$@ "$($(1).EXPORTS)" $(call public_headers,$(1))
	$(if $($(1).is_app),$$(Q)$(PYTHON) tools/kernel_abi.py $$@)

endef

# PROGRAM_SRCS: user-mode code that the kernel carries. Linked into a shared object of its own, by the
# .ld file beside the sources; the component's assembly takes it in with .incbin "program.so".
# 1 component, 2 its user-mode objects of C, 3 those of assembly, 4 the .ld file
define program_rules
$(2): KERNEL_CFLAGS := $(PROGRAM_CFLAGS)
$(call c_rules,$(1),$(2))
$(call s_rules,$(1),$(3))
$($(1).store)/program.so: $(2) $(3) $(4)
	$$(call say,LD,$$@)
	$$(Q)$(LD) $(PROGRAM_LDFLAGS) -soname $(subst /,-,$(1)).so.1 -T $(4) -o $$@ $(2) $(3)
$(call objects_of,$(1),.S,$($(1).SRCS)): $($(1).store)/program.so

endef

# Packages: what is taken from Debian at build time. 1 component, 2 a package, 3 its sources: relative to the package
package_name = $(patsubst source:%,%,$(1))
in_packages = $(if $(1),$(call in_package,$(2),$(firstword $(1)),$(wordlist 2,99,$(1))),$(2))
in_package = $(call in_packages,$(3),$(subst @$(call package_name,$(2))@,$(PACKAGES_DIR)/$(call package_name,$(2)),$(1)))
PACKAGES_DIR := $(O)/packages

define package_rules
ifeq ($(filter $(2),$(PACKAGES_KNOWN)),)
PACKAGES_KNOWN += $(2)
$(PACKAGES_DIR)/$(call package_name,$(2)):
	@mkdir -p $$(@D)
	$$(call say,MAKE,$$@)
	$$(Q)folder=$$$$(tools/debian.py $(if $(filter source:%,$(2)),source,unpack) $(call package_name,$(2))) && ln -sfn "$$$$folder" $$@
endif
$(if $(3),$(addprefix $(PACKAGES_DIR)/$(call package_name,$(2))/,$(3)): | $(PACKAGES_DIR)/$(call package_name,$(2)) ;
C_OBJS += $(patsubst %.c,$($(1).store)/$(call package_name,$(2))/%.o,$(3))
$(patsubst %.c,$($(1).store)/$(call package_name,$(2))/%.o,$(3)): $($(1).store)/%.o: $(PACKAGES_DIR)/%.c $($(1).store)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$(CC) $$(KERNEL_CFLAGS) $$($(1).flags) -MMD -MP -c -o $$@ $$<
	@echo > $$@.json)

endef

# 1 component, 2 a suffix, 3 sources: the objects of those with that suffix
objects_of = $(patsubst %$(2),$($(1).store)/%.o,$(filter-out @%,$(filter %$(2),$(3))))
# 1 component, 2 a package: its sources there that the component names, relative to it
package_sources = $(patsubst @$(call package_name,$(2))@/%,%,$(filter @$(call package_name,$(2))@/%,$($(1).SRCS)))
package_objects = $(foreach p,$($(1).PACKAGES),$(patsubst %.c,$($(1).store)/$(call package_name,$(p))/%.o,$(call package_sources,$(1),$(p))))
# Archives and objects of LIBS: beside component.mk, or those of a package. The debug information of the latter is left
# out: it comes from another toolchain, and ours need not understand it.
package_archives = $(call in_packages,$($(1).PACKAGES),$(filter @%,$($(1).LIBS)))
archives_of = $(foreach l,$(filter-out $($(1).libraries) @%,$($(1).LIBS)),$(if $(filter /%,$(l)),$(l),$(1)/$(l))) \
    $(foreach l,$(call package_archives,$(1)),$($(1).store)/$(notdir $(l)))

# 1 component, 2 an archive in a package
define archive_rules
$(2): | $(foreach p,$($(1).PACKAGES),$(PACKAGES_DIR)/$(call package_name,$(p))) ;
$($(1).store)/$(notdir $(2)): $(2) $($(1).store)/flags
	$$(Q)$(OBJCOPY) --strip-debug -R .eh_frame -R .riscv.attributes $$< $$@

endef

incbin_from := -Wa,-I

define component_read_more
$(1).is_app  := $(filter app,$($(1).PROVIDES))$(filter $(1),$(LIBRARIES))
$(1).store   := $(call store_of,$(1))
$(1).ktests  := $(patsubst $(1)/%,%,$(wildcard $(1)/test/*_ktest.c))
$(1).sources := $($(1).SRCS) $(if $(KTESTS),$(patsubst $(1)/%,%,$(wildcard $(1)/test/*_ktest.c)))
$(1).object  := $(call store_of,$(1))/component$(if $(and $(KTESTS),$(wildcard $(1)/test/*_ktest.c)),+tests).o
$(1).flags   := $(if $(filter size,$($(1).OPTIMIZE)),$(SIZE_FLAGS)) $(call include_flags,$(1)) $(NO_LIBC) \
    $(if $(filter app,$($(1).PROVIDES))$(filter $(1),$(LIBRARIES)),$(APP_ISA)) \
    $(foreach c,$($(1).libraries) $(1),$(call in_packages,$($(c).PACKAGES),$($(c).CFLAGS))) $(if $($(1).PROGRAM_SRCS),$(incbin_from)$(call store_of,$(1)))
$(1).sanitized := $(if $(filter all $(SANITIZE),$($(1).UNSANITIZED))$(filter $(1),$(LIBRARIES)),,$(SANITIZE_FLAGS))
endef

define component_rules
$($(1).store)/flags: ;
$(if $(call objects_of,$(1),.c,$($(1).sources)),$(call c_rules,$(1),$(call objects_of,$(1),.c,$($(1).sources)),$($(1).sanitized)))
$(if $(call objects_of,$(1),.S,$($(1).sources)),$(call s_rules,$(1),$(call objects_of,$(1),.S,$($(1).sources))))
$(if $($(1).PROGRAM_SRCS),$(call program_rules,$(1),$(call objects_of,$(1),.c,$($(1).PROGRAM_SRCS)),\
$(call objects_of,$(1),.S,$($(1).PROGRAM_SRCS)),$(wildcard $(sort $(dir $(addprefix $(1)/,$($(1).PROGRAM_SRCS))))*.ld)))
$(foreach p,$($(1).PACKAGES),$(call package_rules,$(1),$(p),$(call package_sources,$(1),$(p))))
$(if $($(1).PACKAGES)$($(1).libraries),$(call own_objects,$(1)): | $(foreach c,$(1) $($(1).libraries),$(foreach p,$($(c).PACKAGES),$(PACKAGES_DIR)/$(call package_name,$(p)))))
$(foreach l,$(call package_archives,$(1)),$(call archive_rules,$(1),$(l)))
$(if $(filter $(1),$(LIBRARIES)),,$(call whole_rules,$(1),$(foreach c,$(1) $($(1).libraries),$(call own_objects,$(c))),\
$(foreach c,$(1) $($(1).libraries),$(call archives_of,$(c)))))
endef

own_objects = $(call objects_of,$(1),.c,$($(1).sources)) $(call objects_of,$(1),.S,$($(1).sources)) $(call package_objects,$(1))
LIBRARIES := $(sort $(foreach c,$(ALL),$($(c).libraries)))
PACKAGES_KNOWN :=

C_OBJS :=
S_OBJS :=
LINKED :=
$(foreach c,$(ALL),$(eval $(call component_read_more,$(c))))
$(foreach c,$(ALL),$(if $(strip $($(c).sources)),\
$(call note,$($(c).store)/flags,$(call flags_text,$(c)))$(eval $(call component_rules,$(c)))))

# For tools/check_symbols.py: each component, its object, and what it may refer to.
define symbols_line
$(1) $($(1).object): $(sort $(if $(KTESTS),core/ktest) $(SANITIZERS) $(foreach c,$(1) $($(1).libraries),$(call visible,$(c))) \
$(foreach d,$(foreach c,$(1) $($(1).libraries),$(call visible,$(c))),$(foreach k,$($(d).CONTRACT),$(contract.$(k)))))

endef
$(OUT)/components.txt: ;
$(call note,$(OUT)/components.txt,$(foreach c,$(ALL),$(call symbols_line,$(c))))

KERNEL_LD := arch/riscv/kernel.ld

# Linked twice: the symbol table for backtraces is made from the first link and has a place of its own
# at the end of the read-only data, so that no address it names moves.
$(ELF): $(LINKED) $(KERNEL_LD) $(OUT)/components.txt tools/check_symbols.py tools/symtab.py tools/zbb_sites.py tools/link.sh
	$(Q)$(PYTHON) tools/check_symbols.py $(CROSS) $(OUT)
	$(call say,LD,$@)
	$(Q)tools/link.sh $(CROSS) $(KERNEL_LD) $(OUT) $(SANITIZE_LDFLAGS) $(LINKED)

$(IMAGE): $(ELF)
	$(Q)$(OBJCOPY) -O binary $< $@

# For editors and clang's tools, about the kernel that was built last; its place is the tree's top folder.
$(OUT)/compile_commands.json: $(ELF)
	@{ echo '['; cat $(C_OBJS:%=%.json) | sed '$$ s/,$$//'; echo ']'; } > $@
	@$(if $(filter out,$(O)),ln -sf $@ compile_commands.json)

image: $(IMAGE) $(OUT)/compile_commands.json
	@echo $(ELF)
	@echo $(IMAGE)

size: $(IMAGE)
	@$(PYTHON) tools/size.py $(CROSS) $(OUT)

graph: $(OUT)/components.txt setup-graph
	@$(PYTHON) tools/graph.py $(OUT)/components.txt > $(OUT)/graph.dot
	@dot -Tsvg -o $(OUT)/graph.svg $(OUT)/graph.dot
	@echo $(OUT)/graph.svg

-include $(C_OBJS:.o=.d) $(S_OBJS:.o=.d)
.PHONY: image size graph
