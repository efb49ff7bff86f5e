/*
 * The guest description: the guests to start, and their machines.
 *
 * A device tree, compiled by dtc and packed with the guests' images into the initrd
 * (tools/guests.py). It follows Xen's dom0less bindings (docs/misc/arm/device-tree/booting.txt)
 * where they fit; images are named by their path in the initrd, since no boot loader placed them in
 * memory.
 *
 *   chosen {
 *       web {                                    the guest's name
 *           compatible = "xen,domain";
 *           #address-cells = <2>; #size-cells = <2>;
 *           memory = <0 0x10000>;                KiB, 64 bits
 *           cpus = <2>;
 *           trine,console = "uart";              or "sbi": no emulated 16550; default "uart"
 *           trine,timer = "sstc";                or "trap"; default: sstc where the machine has it
 *           kernel  { compatible = "multiboot,kernel", "multiboot,module";
 *                     path = "guests/web.image"; bootargs = "..."; };
 *           ramdisk { compatible = "multiboot,ramdisk", "multiboot,module"; path = "..."; };
 *           flash@22000000 {
 *               compatible = "cfi-flash";
 *               reg = <0 0x22000000 0 0x2000000>;
 *               trine,backing = "emulated";      or "passthrough": the machine's bank
 *               path = "guests/web.flash";       emulated: first contents; may be absent
 *               trine,host-address = <0 0x22000000>;  passthrough; default: as in reg
 *           };
 *       };
 *   };
 *
 * The description is untrusted: everything is checked against the limits below, and a guest with
 * errors is skipped with a reason while the others start. Whether the machine can provide what is
 * asked for is checked by virt/vm.
 */
#ifndef GUESTCFG_GUESTCFG_H
#define GUESTCFG_GUESTCFG_H

#include <base/types.h>
#include <fdt/fdt.h>

#define GUEST_NAME_MAX   16 /* with the NUL */
#define GUEST_VCPUS_MAX  8
#define GUEST_FLASH_MAX  2
#define GUEST_MEMORY_MIN MIB(1)
#define GUEST_MEMORY_MAX GIB(64)

enum guest_timer { GUEST_TIMER_BEST, GUEST_TIMER_TRAP, GUEST_TIMER_SSTC };

struct guest_flash {
    gpa_t base;
    uint64_t size;
    bool is_passthrough;
    paddr_t host;      /* passthrough */
    const char *image; /* emulated; NULL: erased */
};

/* Strings point into the description, or are NULL. */
struct guest_config {
    char name[GUEST_NAME_MAX];
    uint64_t memory_bytes; /* page aligned */
    unsigned nr_vcpus;
    const char *kernel;
    const char *ramdisk;
    const char *bootargs; /* never NULL */
    bool has_uart;
    enum guest_timer timer;
    struct guest_flash flash[GUEST_FLASH_MAX];
    unsigned nr_flash;
    const char *ignored; /* first unknown property, or NULL */
};

struct guestcfg {
    const struct fdt *fdt;
    struct fdt_walk walk;
    struct fdt_node pending; /* lookahead: a guest's node, or offset 0 */
    char text[64];           /* text of a problem that names a property or a node */
};

void guestcfg_init(struct guestcfg *it, const struct fdt *fdt);

/*
 * Read the next guest: 1, with *problem NULL or the reason why this guest cannot be started (its
 * name is set all the same; the text is valid until the next call). 0 at the end. -EBADMSG: the
 * tree is malformed from here on.
 */
int guestcfg_next(struct guestcfg *it, struct guest_config *config,
                  const char **problem) MUST_CHECK;

#endif
