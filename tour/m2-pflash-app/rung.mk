TITLE  := a program from flash, no file system
KERNEL := tour/m2-pflash-app
MEM    := 64M
PFLASH := @OUT@/pflash.img
EXPECT := m2: the program from flash left with 7
