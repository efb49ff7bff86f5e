TITLE := read and write sectors of virtio disks on MMIO and on PCI
KERNEL := unikernel
APP := tour/u8-block
DISK := @OUT@/mmio.img
EXTRA := -drive file=@OUT@/pci.img,format=raw,if=none,id=pci0 -device virtio-blk-pci,drive=pci0
EXPECT := u8: 2 disks read back what was written, 16 requests in flight
VARIANTS := SMP=1; SMP=4
