SRCS := gstage.c map.c
DEPS := core/heap lib/base
PUBLIC_DEPS := mm/vspace virt/vdev
TEST_DEPS := arch/host arch/host-paging core/faultinject core/frame
