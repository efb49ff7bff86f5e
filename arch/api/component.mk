SRCS :=
PUBLIC_DEPS := lib/base
CONTRACT := arch arch-trap arch-context arch-paging arch-fpu arch-smp arch-timer arch-power
