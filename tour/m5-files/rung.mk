TITLE  := open, read, write, mmap of a file
KERNEL := monolithic
INITRD := @OUT@/initrd.cpio
APPEND := rdinit=/files quiet
MEM    := 64M
EXPECT := m5: read, write and two mappings of one file agree; 12 of 12 checks
