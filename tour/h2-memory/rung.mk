TITLE    := guest physical memory: u3's image with flash passed through, and with flash emulated
KERNEL   := hypervisor
INITRD   := @OUT@/guests.cpio
PFLASH   := @OUT@/pflash.img
MEM      := 128M
EXPECT   := emulated\| u3: after the reboot the flash says "Trine was here before the reboot"
VARIANTS := SMP=1; SMP=2
