# One application rarely wants fair shares; round robin is also the smaller code.
SCHED ?= rr
