SRCS :=
PUBLIC_DEPS := core/faultinject core/frame core/heap
