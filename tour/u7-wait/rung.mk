TITLE := no polling: mutex, wait queue, sleep
KERNEL := unikernel
APP := tour/u7-wait
MEM := 128M
EXPECT := u7: ok, 20 items in order, nobody polled
VARIANTS := SMP=1; SMP=4; SCHED=fifo
