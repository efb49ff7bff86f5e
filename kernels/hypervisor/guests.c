/*
 * Starts the guests of the initrd; see guests.h.
 */
#include "guests.h"

#include <arch/memory.h>
#include <fdt/fdt.h>
#include <guestcfg/guestcfg.h>
#include <guestset/guestset.h>
#include <heap/heap.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <string/string.h>
#include <vm/vm.h>

#define GUESTS_MAX 16

static struct vm *vms[GUESTS_MAX];
static unsigned nr_vms, nr_failed;

static void guest_skip(const struct guest_config *config, const char *problem)
{
    log_err("guest %s: not started: %s", config->name[0] ? config->name : "?", problem);
    nr_failed++;
}

/* Names distinguish guests on the console, so they must differ. */
static bool is_name_taken(const char *name)
{
    for (unsigned i = 0; i < nr_vms; i++)
        if (strcmp(vms[i]->config.name, name) == 0)
            return true;
    return false;
}

static void create_all(const struct fdt *fdt)
{
    struct guest_config config;
    struct guestcfg it;
    const char *problem;
    int ret;

    guestcfg_init(&it, fdt);
    while ((ret = guestcfg_next(&it, &config, &problem)) > 0) {
        if (problem) {
            guest_skip(&config, problem);
            continue;
        }
        if (config.ignored)
            log_warn("guest %s: its property %s means nothing here", config.name, config.ignored);
        if (is_name_taken(config.name)) {
            guest_skip(&config, "another guest has its name");
            continue;
        }
        if (nr_vms == GUESTS_MAX) {
            guest_skip(&config, "there are more than 16 guests");
            continue;
        }
        vms[nr_vms] = vm_create(&config, &problem);
        if (vms[nr_vms])
            nr_vms++;
        else
            guest_skip(&config, problem);
    }
    if (ret < 0) {
        log_err("the guest description is malformed after %u guests", nr_vms + nr_failed);
        nr_failed++;
    }
}

/* Get the description, aligned for its reader. NULL: reported. */
static const struct fdt *read_description(void)
{
    static struct fdt fdt;
    struct guest_file file;

    if (boot_info.initrd.size == 0) {
        log_err("no guests: there is no initrd (see tour/h1-exit)");
        return NULL;
    }
    if (guestset_open(phys_to_virt(boot_info.initrd.start), boot_info.initrd.size) != 0) {
        log_err("the initrd is no cpio archive");
        return NULL;
    }
    if (guestset_find("guests.dtb", &file) != 0) {
        log_err("the initrd has no guests.dtb");
        return NULL;
    }
    void *copy = heap_alloc(file.size);
    if (!copy) {
        log_err("no memory for the guest description");
        return NULL;
    }
    memcpy(copy, file.data, file.size);
    if (fdt_open(&fdt, copy, file.size) != 0) {
        log_err("guests.dtb is no device tree");
        heap_free(copy);
        return NULL;
    }
    return &fdt;
}

bool guests_run(void)
{
    const struct fdt *fdt = read_description();

    if (!fdt)
        return false;
    vconsole_boot();
    create_all(fdt);
    for (unsigned i = 0; i < nr_vms; i++) {
        if (vm_start(vms[i]) != 0) {
            guest_skip(&vms[i]->config, "no memory for its keeper");
            vm_destroy(vms[i]);
            vms[i] = NULL;
        }
    }
    for (unsigned i = 0; i < nr_vms; i++) {
        if (!vms[i])
            continue;
        if (!vm_join(vms[i]))
            nr_failed++;
        vm_destroy(vms[i]);
    }
    if (nr_vms == 0)
        log_err("no guest was started");
    return nr_vms > 0 && nr_failed == 0;
}
