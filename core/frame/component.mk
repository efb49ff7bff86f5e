SRCS :=
DEPS := lib/bits core/percpu core/lock core/log core/faultinject
PUBLIC_DEPS := lib/base lib/list arch/api
