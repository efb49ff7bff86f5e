SRCS :=
DEPS := core/faultinject core/frame core/heap core/ktest core/percpu core/slab core/thread core/time lib/prng lib/string
