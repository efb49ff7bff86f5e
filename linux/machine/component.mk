SRCS :=
PUBLIC_DEPS := lib/base
CONTRACT := linux-machine
EXPORTS := sys_*
