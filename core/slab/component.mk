SRCS :=
DEPS := lib/bits lib/string core/lock core/log
PUBLIC_DEPS := lib/base lib/list core/frame core/percpu arch/api
