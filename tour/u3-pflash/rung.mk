TITLE := read flash as memory, program and erase it by a driver, find it changed after a reboot
KERNEL := unikernel
APP := tour/u3-pflash
PFLASH := @OUT@/pflash.img
EXPECT := u3: after the reboot the flash says "Trine was here before the reboot"
