# The variables that may stand on make's command line, and the goals that each is for. One that would have no effect
# is an error that names it: nothing is built with a setting that the user believes in and the build does not.
#
#: make clean        takes away out/ and compile_commands.json
#: make help         this
#: Variables: on the command line, NAME=value; one that the goal has no use for is refused.

WORDS_OF_BUILD := KERNEL APP HEAP SCHED DEBUG LOCKSTAT SANITIZE O CROSS CC V WARNINGS SIZE_FLAGS
WORDS_OF_RUN   := $(WORDS_OF_BUILD) SMP MEM CPU INITRD DISK PFLASH APPEND QEMU QEMU_EXTRA
WORDS_OF_HOST  := COMPONENT HOSTCC O V
words.help     :=
words.clean    := O
words.check    :=
words.format   :=
words.smoke    := O
words.test     := TEST_JOBS PYTEST_ARGS O
words.test-full := TEST_JOBS PYTEST_ARGS MINUTES SEED O
words.tour     := RUNG SHOW O
words.bench    := GROUP O
words.prove    := COMPONENT
words.host-test     := $(WORDS_OF_HOST)
words.host-programs := $(WORDS_OF_HOST)
words.fuzz          := $(WORDS_OF_HOST) FUZZ_RUNS
words.fuzz-programs := $(WORDS_OF_HOST)
words.fuzz-calls    := SANITIZE SMP O SEED MINUTES ROUND FAIL KEEP_GOING
words.image    := $(WORDS_OF_BUILD)
words.size     := $(WORDS_OF_BUILD)
words.graph    := $(WORDS_OF_BUILD)
words.run      := $(WORDS_OF_RUN)
words.debug    := $(WORDS_OF_RUN)

WORDS_GOALS := $(sort $(patsubst words.%,%,$(filter words.%,$(.VARIABLES))))
WORDS_KNOWN := PYTHON $(sort $(foreach g,$(WORDS_GOALS),$(words.$(g))))
goals       := $(or $(MAKECMDGOALS),help)

# A goal that is a file is something that a build makes.
words_of    = $(if $(filter $(1),$(WORDS_GOALS)),$(words.$(1)),$(WORDS_OF_RUN))
words_given = $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $(v))),$(v)))
words_goals = $(foreach g,$(WORDS_GOALS),$(if $(filter $(1),$(words.$(g))),$(g)))

# The known name that is most like an unknown one; none if Python is not there yet.
word_like = $(shell /usr/bin/python3 -c 'import difflib, sys; \
    print(*difflib.get_close_matches(sys.argv[1].upper(), sys.argv[2:], 1, 0.5))' '$(1)' $(WORDS_KNOWN) 2>/dev/null)
word_hint = $(or $(addprefix ; did you mean ,$(addsuffix =?,$(word_like))),; make help has those that there are)
define word_check
$(if $(filter $(1),$(WORDS_KNOWN)),,$(error $(1)=$(value $(1)): no such variable$(word_hint)))
$(if $(filter PYTHON $(foreach g,$(goals),$(call words_of,$(g))),$(1)),,\
$(error $(1)=$(value $(1)) has no effect on make $(goals): it is for $(strip $(call words_goals,$(1)))))
endef

# In a make that another one calls, the words are the first one's.
ifeq ($(MAKELEVEL),0)
$(foreach v,$(words_given),$(call word_check,$(v)))
endif

# An application runs in a unikernel. APP in the environment may be somebody else's: it counts if it is one of ours.
APP_GIVEN := $(filter command environment,$(origin APP))
ifeq ($(APP_GIVEN),environment)
APP_GIVEN := $(if $(wildcard apps/$(APP)/component.mk $(APP)/component.mk tour/$(APP)/component.mk),environment)
endif
ifneq ($(and $(APP_GIVEN),$(filter undefined,$(origin KERNEL))),)
KERNEL := unikernel
ifeq ($(MAKELEVEL),0)
$(info note: APP=$(APP) is an application, so that KERNEL=unikernel)
endif
endif
