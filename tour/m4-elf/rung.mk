TITLE  := static and dynamic Linux programs; argc, argv, envp, auxv
KERNEL := monolithic
INITRD := @OUT@/initrd.cpio
APPEND := rdinit=/rc quiet
MEM    := 128M
EXPECT := m4: static, dynamic and position-independent programs got 4 arguments, 2 variables and a true auxiliary vector
VARIANTS := SMP=1; SMP=4
