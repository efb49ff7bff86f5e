TITLE    := U mode inside a guest: the monolithic kernel and a program of Linux's
KERNEL   := hypervisor
INITRD   := @OUT@/guests.cpio
MEM      := 256M
EXPECT   := h4: a program in a guest: floats kept, four bad children ended by their signals
VARIANTS := SMP=1; SMP=2; CPU=rv64,sstc=off
