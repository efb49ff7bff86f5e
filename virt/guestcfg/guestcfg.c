/*
 * Reads the guest description; see guestcfg.h for its form.
 */
#include <guestcfg/guestcfg.h>
#include <printf/printf.h>
#include <string/string.h>

/* --- properties ------------------------------------------------------------------------------- */

enum form { FORM_ANY, FORM_U32, FORM_U64, FORM_STRING };

struct word {
    const char *name;
    enum form form;
};

/* Properties that dtc and the bindings put into any node. */
static const struct word common_words[] = {
    {"compatible", FORM_ANY},     {"status", FORM_STRING},   {"phandle", FORM_ANY},
    {"linux,phandle", FORM_ANY},  {"device_type", FORM_ANY}, {"reg", FORM_ANY},
    {"#address-cells", FORM_U32}, {"#size-cells", FORM_U32}, {"ranges", FORM_ANY},
    {"name", FORM_ANY},           {"bank-width", FORM_U32},  {NULL, FORM_ANY},
};

static const struct word guest_words[] = {
    {"memory", FORM_U64},         {"cpus", FORM_U32}, {"trine,console", FORM_STRING},
    {"trine,timer", FORM_STRING}, {NULL, FORM_ANY},
};

static const struct word child_words[] = {
    {"path", FORM_STRING},
    {"bootargs", FORM_STRING},
    {"trine,backing", FORM_STRING},
    {"trine,host-address", FORM_U64},
    {NULL, FORM_ANY},
};

static const struct word *find_word(const struct word *words, const char *name)
{
    while (words->name && strcmp(words->name, name) != 0)
        words++;
    return words->name ? words : NULL;
}

static bool is_of_form(const struct fdt_prop *prop, enum form form)
{
    switch (form) {
    case FORM_U32:
        return prop->size == 4;
    case FORM_U64:
        return prop->size == 8;
    case FORM_STRING:
        return fdt_prop_string(prop, 0);
    default:
        return true;
    }
}

/* Check that every property of the node is listed and has the right form. */
static const char *check_words(struct guestcfg *it, const struct fdt_node *node,
                               const struct word *words, struct guest_config *config)
{
    uint32_t pos = node->props;
    struct fdt_prop prop;

    while (fdt_prop_next(it->fdt, &pos, &prop) > 0) {
        const struct word *word = find_word(words, prop.name);

        if (!word)
            word = find_word(common_words, prop.name);
        if (!word && !config->ignored)
            config->ignored = prop.name;
        if (word && !is_of_form(&prop, word->form)) {
            snprintf(it->text, sizeof(it->text), "its property %s has a wrong form", prop.name);
            return it->text;
        }
    }
    return NULL;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static bool is_domain(const struct fdt_node *node)
{
    return fdt_node_is_compatible(node, "xen,domain");
}

/* True for a guest, or a node meant to be one: nothing else has a property `memory`. */
static bool is_guest(const struct fdt *fdt, const struct fdt_node *node)
{
    struct fdt_prop memory;

    return (is_domain(node) || fdt_prop_find(fdt, node, "memory", &memory) == 0) &&
           fdt_node_is_enabled(node);
}

/* Copy the node's name without its unit address, restricted to printable characters. */
static const char *read_name(const struct fdt_node *node, char name[GUEST_NAME_MAX])
{
    size_t length = 0;

    for (const char *c = node->name; *c && *c != '@'; c++) {
        if (length == GUEST_NAME_MAX - 1)
            return "its name is longer than 15 characters";
        if (*c <= ' ' || *c > '~')
            return "its name has unprintable characters";
        name[length++] = *c;
    }
    return length ? NULL : "it has no name";
}

static const char *read_guest(const struct fdt *fdt, const struct fdt_node *node,
                              struct guest_config *config)
{
    uint64_t memory_kib;
    uint32_t nr_vcpus = 1;
    const char *text;

    if (fdt_node_u64(fdt, node, "memory", &memory_kib) != 0)
        return "it has no memory property (two cells, KiB)";
    if (memory_kib < GUEST_MEMORY_MIN / KIB(1) || memory_kib > GUEST_MEMORY_MAX / KIB(1))
        return "its memory is not between 1 MiB and 64 GiB";
    if (memory_kib % 4 != 0)
        return "its memory is no multiple of 4 KiB";
    config->memory_bytes = memory_kib * KIB(1);

    (void)fdt_node_u32(fdt, node, "cpus", &nr_vcpus);
    if (nr_vcpus < 1 || nr_vcpus > GUEST_VCPUS_MAX)
        return "its number of cpus is not between 1 and 8";
    config->nr_vcpus = nr_vcpus;

    text = fdt_node_string(fdt, node, "trine,console");
    if (text && strcmp(text, "uart") != 0 && strcmp(text, "sbi") != 0)
        return "its trine,console is neither uart nor sbi";
    config->has_uart = !text || strcmp(text, "uart") == 0;

    text = fdt_node_string(fdt, node, "trine,timer");
    if (!text)
        config->timer = GUEST_TIMER_BEST;
    else if (strcmp(text, "sstc") == 0)
        config->timer = GUEST_TIMER_SSTC;
    else if (strcmp(text, "trap") == 0)
        config->timer = GUEST_TIMER_TRAP;
    else
        return "its trine,timer is neither sstc nor trap";
    return NULL;
}

static const char *read_flash(const struct fdt *fdt, const struct fdt_node *node,
                              struct guest_config *config)
{
    struct guest_flash *flash = &config->flash[config->nr_flash];
    const char *backing = fdt_node_string(fdt, node, "trine,backing");
    uint64_t base, size, host;

    if (config->nr_flash == GUEST_FLASH_MAX)
        return "it has more than two flash banks";
    if (fdt_reg(node, 0, &base, &size) != 0)
        return "a flash bank of it has no reg";
    if (!IS_ALIGNED(base, PAGE_SIZE) || size < KIB(256) || size > MIB(256) ||
        !IS_POWER_OF_2(size) || base >= GIB(2) || size > GIB(2) - base)
        return "a flash bank of it is misplaced or of a wrong size";
    host = base;
    (void)fdt_node_u64(fdt, node, "trine,host-address", &host);
    *flash = (struct guest_flash){.base = GPA(base), .size = size, .host = PADDR(host)};

    if (!backing || strcmp(backing, "emulated") == 0) {
        flash->image = fdt_node_string(fdt, node, "path");
    } else if (strcmp(backing, "passthrough") == 0) {
        if (!IS_ALIGNED(host, PAGE_SIZE))
            return "a flash bank's trine,host-address is not page aligned";
        flash->is_passthrough = true;
    } else {
        return "a flash bank's trine,backing is neither emulated nor passthrough";
    }
    config->nr_flash++;
    return NULL;
}

static const char *read_child(struct guestcfg *it, const struct fdt_node *node,
                              struct guest_config *config)
{
    const struct fdt *fdt = it->fdt;

    if (!fdt_node_is_enabled(node))
        return NULL;
    const char *problem = check_words(it, node, child_words, config);

    if (problem)
        return problem;
    if (fdt_node_is_compatible(node, "multiboot,kernel")) {
        const char *bootargs = fdt_node_string(fdt, node, "bootargs");

        if (config->kernel)
            return "it has more than one kernel";
        config->kernel = fdt_node_string(fdt, node, "path");
        if (!config->kernel)
            return "its kernel has no path";
        if (bootargs)
            config->bootargs = bootargs;
        return NULL;
    }
    if (fdt_node_is_compatible(node, "multiboot,ramdisk")) {
        if (config->ramdisk)
            return "it has more than one ramdisk";
        config->ramdisk = fdt_node_string(fdt, node, "path");
        return config->ramdisk ? NULL : "its ramdisk has no path";
    }
    if (fdt_node_is_compatible(node, "cfi-flash"))
        return read_flash(fdt, node, config);
    snprintf(it->text, sizeof(it->text), "its node %s is of an unknown kind", node->name);
    return it->text;
}

void guestcfg_init(struct guestcfg *it, const struct fdt *fdt)
{
    it->fdt = fdt;
    fdt_walk_init(&it->walk, fdt);
    it->pending.offset = 0;
}

/* Walk to the first node of a guest. */
static int seek(struct guestcfg *it)
{
    while (it->pending.offset == 0) {
        struct fdt_node node;
        int ret = fdt_walk_next(&it->walk, &node);

        if (ret <= 0)
            return ret;
        if (is_guest(it->fdt, &node))
            it->pending = node;
    }
    return 1;
}

int guestcfg_next(struct guestcfg *it, struct guest_config *config, const char **problem)
{
    struct fdt_node guest, node;
    int ret = seek(it);

    if (ret <= 0)
        return ret;
    guest = it->pending;
    it->pending.offset = 0;
    *config = (struct guest_config){.bootargs = ""};
    *problem = read_name(&guest, config->name);
    if (!*problem && !is_domain(&guest))
        *problem = "its compatible is not xen,domain";
    if (!*problem)
        *problem = check_words(it, &guest, guest_words, config);
    if (!*problem)
        *problem = read_guest(it->fdt, &guest, config);

    /* Read its children; the node after them may be the next guest. */
    while ((ret = fdt_walk_next(&it->walk, &node)) > 0 && node.depth > guest.depth)
        if (!*problem && node.parent == guest.offset)
            *problem = read_child(it, &node, config);
    if (ret < 0)
        return ret;
    if (ret > 0 && is_guest(it->fdt, &node))
        it->pending = node;
    if (!*problem && !config->kernel)
        *problem = "it has no kernel";
    return 1;
}
