TITLE := spawn and join; a thread reads the flash
KERNEL := unikernel
APP := tour/u4-threads
PFLASH := @OUT@/pflash.img
EXPECT := u4: ok, 8 threads counted to 36, one read "A page from the second bank"
VARIANTS := SMP=1; SMP=4
