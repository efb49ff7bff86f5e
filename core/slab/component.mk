SRCS := slab.c slabs.c debug.c
DEPS := lib/string core/faultinject core/frame core/log core/percpu lib/shadow
PUBLIC_DEPS := lib/base lib/list arch/api core/lock
TEST_DEPS := arch/host
UNSANITIZED := address
