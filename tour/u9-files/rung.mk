TITLE := directories and files on ramfs and FAT, one interface, checked by fsck.fat
KERNEL := unikernel
APP := tour/u9-files
DISK := @OUT@/disk.img
EXPECT := u9: ramfs and FAT agree on 14 steps; the same tree on both
VARIANTS := SMP=1; SMP=4
