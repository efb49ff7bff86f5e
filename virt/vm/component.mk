SRCS := vm.c build.c run.c console.c memory.c flash.c
DEPS := core/frame core/heap core/log core/percpu core/random lib/printf lib/string platform/api \
    virt/guestdt virt/guestset virt/vsbi lib/base
PUBLIC_DEPS := core/lock virt/gstage virt/guestcfg virt/vconsole virt/vcpu virt/vpflash virt/vplic \
    virt/vuart
