TITLE    := a guest that does what it must not, next to one that does not notice
KERNEL   := hypervisor
INITRD   := @OUT@/guests.cpio
MEM      := 128M
EXPECT   := worst\| h5: 35 of 35 traps as on a bare machine, 7 of 7 hostile calls refused
VARIANTS := SMP=1; SMP=2; SMP=4 CPU=rv64,sstc=off
