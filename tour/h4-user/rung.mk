TITLE    := U mode inside a guest: m2's image and its program from flash, next to a program of Linux's
KERNEL   := hypervisor
INITRD   := @OUT@/guests.cpio
MEM      := 256M
EXPECT   := m2\| m2: the program from flash left with 7
VARIANTS := SMP=1; SMP=2; CPU=rv64,sstc=off
