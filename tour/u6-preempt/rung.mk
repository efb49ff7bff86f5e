TITLE := the same, preemptive, on several harts, under each policy
KERNEL := unikernel
APP := tour/u6-preempt
MEM := 128M
EXPECT := u6: ok, 1000 items through 8 places, sum 250500
VARIANTS := SCHED=cfs; SCHED=rr; SCHED=fifo; SCHED=cfs SMP=4; SCHED=rr SMP=4; SCHED=fifo SMP=4
