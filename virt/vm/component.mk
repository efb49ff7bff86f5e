SRCS := vm.c build.c run.c console.c memory.c flash.c
DEPS := core/frame core/heap core/log core/percpu core/random lib/printf lib/string platform/api \
    virt/guestdt virt/guestset virt/vsbi lib/base
PUBLIC_DEPS := core/lock virt/gstage virt/guestcfg virt/vconsole virt/vcpu virt/vpflash virt/vplic \
    virt/vuart
TEST_DEPS := arch/host arch/host-guest arch/host-paging core/console core/faultinject core/frame core/heap core/heap-tlsf core/slab core/thread core/time lib/fdt mm/vspace
