/*
 * Flash banks of a guest: the machine's own passed through, or emulated, with its pages mapped into
 * the guest while it only reads.
 *
 * An emulated bank is a kind of VMA. Reads in read-array mode fault its pages in, read-only; every
 * other access is emulated. A command unmaps the pages again.
 */
#include "internal.h"

#include <frame/frame.h>
#include <heap/heap.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <string/string.h>

#include <guestset/guestset.h>

/* Page behind the image, all ones; allocated on first use, never freed. */
static struct frame *erased_frame; /* [a] set once by compare and swap */

static struct frame *erased(void)
{
    struct frame *frame = __atomic_load_n(&erased_frame, __ATOMIC_ACQUIRE);
    struct frame *none = NULL;

    if (frame)
        return frame;
    frame = frame_alloc(0, 0);
    if (!frame)
        return NULL;
    memset(frame_to_virt(frame), 0xff, PAGE_SIZE);
    if (__atomic_compare_exchange_n(&erased_frame, &none, frame, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return frame;
    frame_put(frame);
    return none;
}

/* Return the frame of a page; NULL: no memory. */
static struct frame *page_frame(struct vm_flash *flash, uint64_t index, bool is_write)
    REQUIRES(&flash->model.lock)
{
    const uint64_t offset = index << PAGE_SHIFT;

    if (flash->frames[index])
        return flash->frames[index];
    const bool is_of_image = offset < flash->image_size;

    if (!is_write && !is_of_image)
        return erased();
    /* Pages of the image were reserved with the guest; reserve those that it programs beyond it
     * now. */
    if (!is_of_image && !vm_memory_promise(1, NULL))
        return NULL;

    struct frame *frame = frame_alloc(0, 0);
    if (!frame) {
        if (!is_of_image)
            vm_memory_return(1);
        return NULL;
    }
    flash->nr_promised += !is_of_image;
    uint8_t *page = frame_to_virt(frame);

    memset(page, 0xff, PAGE_SIZE);
    if (is_of_image)
        memcpy(page, flash->image + offset, MIN(PAGE_SIZE, flash->image_size - offset));
    flash->frames[index] = frame;
    return frame;
}

/* Out of memory: stop the guest before it can see the model's wrong answer. */
static uint8_t *model_page(void *ctx, uint64_t index, bool is_write)
{
    struct vm_flash *flash = ctx;
    ASSUME_LOCKED(&flash->model.lock, "by the model");
    struct frame *frame = page_frame(flash, index, is_write);

    if (frame)
        return frame_to_virt(frame);
    if (vm_stop(flash->vm, VM_STOPPING_FAILED)) {
        vconsole_flush(&flash->vm->console);
        log_err("guest %s: stopped: the host has no memory left for its flash",
                flash->vm->config.name);
    }
    return NULL;
}

static void model_set_readable(void *ctx, bool is_readable)
{
    struct vm_flash *flash = ctx;

    if (!is_readable && flash->vma)
        vspace_zap(flash->vma, 0, flash->model.dev.size);
}

static int flash_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    struct vdev *dev = vma->object;
    struct vm_flash *flash = container_of(dev, struct vm_flash, model.dev);
    int ret = VSPACE_EMULATE;

    mutex_lock(&flash->model.lock);
    flash->vma = vma;
    if (flash->model.mode == VPFLASH_ARRAY && access != VMA_WRITE) {
        struct frame *frame = page_frame(flash, offset >> PAGE_SHIFT, false);

        ret = frame ? 0 : -ENOMEM;
        if (frame) {
            frame_get(frame);
            *out = (struct vma_page){.pa = frame_to_pa(frame), .frame = frame};
        }
    }
    mutex_unlock(&flash->model.lock);
    return ret;
}

/* The mode changes before the pages are unmapped, and pages change only in another mode. */
static bool flash_is_current(const struct vma *vma, uint64_t offset, uint32_t access,
                             const struct frame *frame)
{
    struct vdev *dev = vma->object;
    struct vm_flash *flash = container_of(dev, struct vm_flash, model.dev);
    const struct frame *now = READ_ONCE(flash->frames[offset >> PAGE_SHIFT]);

    (void)access;
    return vpflash_reads_array(&flash->model) && frame == (now ? now : READ_ONCE(erased_frame));
}

static const struct vma_ops vma_flash = {
    .name = "flash", .page = flash_page, .is_current = flash_is_current};

/* True if the range lies in a flash bank of this machine: nothing else may be passed through. */
static bool is_host_bank(paddr_t start, uint64_t size)
{
    struct fdt_node node = {0};

    while (fdt_find_compatible(&boot_info.fdt, node.offset, "cfi-flash", &node) == 0) {
        paddr_t base;
        uint64_t bank_size;

        for (unsigned i = 0; fdt_reg_phys(&boot_info.fdt, &node, i, &base, &bank_size) == 0; i++)
            if (start.v >= base.v && size <= bank_size && start.v - base.v <= bank_size - size)
                return true;
    }
    return false;
}

/*
 * Passed-through banks of live machines. A bank belongs to one guest: the command cycles of one
 * would change what another reads.
 */
#define PASSED_MAX 8

static struct spinlock passed_lock = SPINLOCK_INIT("flash passed through");
static struct {
    uint64_t start, size; /* size 0: free */
} passed[PASSED_MAX];     /* [passed_lock] */

static bool host_bank_take(paddr_t start, uint64_t size)
{
    int free = -1;

    spin_lock(&passed_lock);
    for (int i = 0; i < PASSED_MAX; i++) {
        if (!passed[i].size)
            free = i;
        else if (start.v < passed[i].start + passed[i].size && passed[i].start < start.v + size) {
            free = -1;
            break;
        }
    }
    if (free >= 0) {
        passed[free].start = start.v;
        passed[free].size = size;
    }
    spin_unlock(&passed_lock);
    return free >= 0;
}

static void host_bank_give_back(paddr_t start)
{
    spin_lock(&passed_lock);
    for (unsigned i = 0; i < PASSED_MAX; i++)
        if (passed[i].size && passed[i].start == start.v)
            passed[i].size = 0;
    spin_unlock(&passed_lock);
}

int vm_flash_init(struct vm *vm, unsigned bank, const char **problem)
{
    const struct guest_flash *config = &vm->config.flash[bank];
    struct vm_flash *flash = &vm->flash[bank];
    const struct vpflash_backing backing = {model_page, model_set_readable, flash};
    struct guest_file file = {0};

    flash->vm = vm;
    if (config->is_passthrough) {
        if (!is_host_bank(config->host, config->size)) {
            *problem = "the machine has no flash bank where it wants one passed through";
            return -ENODEV;
        }
        if (!host_bank_take(config->host, config->size)) {
            *problem = "the flash bank it wants passed through is another guest's";
            return -EBUSY;
        }
        flash->is_taken = true;
        return 0;
    }
    if (config->image && guestset_find(config->image, &file) != 0) {
        *problem = "its flash image is not in the initrd";
        return -ENOENT;
    }
    flash->image = file.data;
    flash->image_size = MIN(file.size, config->size);
    flash->frames = heap_zalloc((config->size >> PAGE_SHIFT) * sizeof(struct frame *));
    if (!flash->frames) {
        *problem = "no memory for its flash";
        return -ENOMEM;
    }
    vpflash_init(&flash->model, "flash", config->base, config->size, backing);
    return 0;
}

void vm_flash_fini(struct vm *vm, unsigned bank)
{
    struct vm_flash *flash = &vm->flash[bank];

    if (flash->is_taken)
        host_bank_give_back(vm->config.flash[bank].host);
    flash->is_taken = false;
    if (!flash->frames)
        return;
    for (uint64_t i = 0; i < flash->model.dev.size >> PAGE_SHIFT; i++)
        if (flash->frames[i])
            frame_put(flash->frames[i]);
    vm_memory_return(flash->nr_promised);
    flash->nr_promised = 0;
    heap_free(flash->frames);
    flash->frames = NULL;
}

int vm_flash_map(struct vm *vm, unsigned bank)
{
    const struct guest_flash *config = &vm->config.flash[bank];

    if (config->is_passthrough)
        return gstage_add_host(&vm->gstage, config->base, config->host, config->size,
                               VMA_READ | VMA_WRITE | VMA_EXEC);
    struct vm_flash *flash = &vm->flash[bank];

    flash->vma = NULL;
    return gstage_add_memory_device(&vm->gstage, &flash->model.dev, &vma_flash,
                                    VMA_READ | VMA_WRITE | VMA_EXEC);
}
