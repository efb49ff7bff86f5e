TITLE  := a guest that does one SBI call
KERNEL := hypervisor
INITRD := @OUT@/guests.cpio
MEM    := 128M
EXPECT := h1: hart 0, SBI 2\.0; unknown extension -2, unknown function -2, no such hart -3
