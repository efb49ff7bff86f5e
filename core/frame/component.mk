SRCS := frame.c cache.c run.c buddy.c section.c range.c check.c debug.c
DEPS := lib/bits lib/string core/lock core/log core/faultinject lib/shadow
PUBLIC_DEPS := lib/base lib/list arch/api core/percpu
TEST_DEPS := arch/host
OPTIMIZE := size
