TITLE  := Debian's BusyBox, unmodified, with procfs and sysfs
KERNEL := monolithic
INITRD := @OUT@/initrd.cpio
APPEND := quiet
MEM    := 128M
EXPECT := m6: the shell ran pipes, jobs, traps and redirections over /proc and /sys; 10 of 10
VARIANTS := SMP=1; SMP=4
