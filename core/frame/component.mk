SRCS := frame.c buddy.c section.c range.c
DEPS := lib/bits lib/string core/lock core/log core/faultinject
PUBLIC_DEPS := lib/base lib/list arch/api core/percpu
TEST_DEPS := arch/host
