# SANITIZE=address|undefined|race: the compiler checks every access and operation of every component, but for those that
# say UNSANITIZED; what it calls is core/sanitize-NAME. The address kernel is a DEBUG kernel, whose allocators tell
# the shadow what may be touched.
SANITIZE ?=

SANITIZE_FLAGS.undefined := -fsanitize=undefined
SANITIZE_FLAGS.race := -fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0 -Wno-tsan
# The offset: core/sanitize-address/address.h.
SANITIZE_FLAGS.address := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffff800000000 \
    --param asan-instrumentation-with-call-threshold=0 --param asan-stack=1 --param asan-globals=1
SANITIZE_LDFLAGS.address := --wrap=kernel_main

ifneq ($(SANITIZE),)
ifeq ($(SANITIZE_FLAGS.$(SANITIZE)),)
$(error no sanitizer '$(SANITIZE)': SANITIZE is address, undefined or race)
endif
ifeq ($(SANITIZE),address)
override DEBUG := 1
endif
endif
SANITIZE_FLAGS   := $(SANITIZE_FLAGS.$(SANITIZE))
SANITIZE_LDFLAGS := $(SANITIZE_LDFLAGS.$(SANITIZE))
SANITIZERS       := $(SANITIZE:%=core/sanitize-%) $(if $(filter address,$(SANITIZE)),,$(patsubst %/component.mk,%,$(wildcard lib/shadow-none/component.mk)))
