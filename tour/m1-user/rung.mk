TITLE  := a user address space, one page of code, left by ecall
KERNEL := tour/m1-user
MEM    := 64M
EXPECT := m1: a program added 1 to 8 in user mode and left by ecall with 36
