TITLE := cooperative producer and consumer: yield and spinlock
KERNEL := unikernel
APP := tour/u5-queue
SCHED := fifo
MEM := 128M
EXPECT := u5: ok, 64 items in order, the queue was full 7 times
