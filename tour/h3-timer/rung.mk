TITLE    := u6's image as a guest, its timer trapped and injected, and its timer in hardware
KERNEL   := hypervisor
INITRD   := @OUT@/guests.cpio
MEM      := 128M
EXPECT   := sstc\| u6: ok, 1000 items through 8 places, sum 250500
VARIANTS := SMP=1; SMP=2
