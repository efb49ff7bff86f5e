/*
 * The PLIC model; see vplic.h. Register map: PLIC specification, "Memory Map".
 */
#include <string/string.h>
#include <vplic/vplic.h>

enum {
    OFFSET_PENDING = 0x1000,
    OFFSET_ENABLE = 0x2000,
    ENABLE_STRIDE = 0x80,
    OFFSET_CONTEXT = 0x200000,
    CONTEXT_STRIDE = 0x1000,
    CONTEXT_THRESHOLD = 0,
    CONTEXT_CLAIM = 4,
};

static bool bit_test(const uint32_t *words, unsigned n)
{
    return words[n / 32] >> (n % 32) & 1;
}

static void bit_assign(uint32_t *words, unsigned n, bool value)
{
    const uint32_t mask = 1u << (n % 32);

    words[n / 32] = value ? words[n / 32] | mask : words[n / 32] & ~mask;
}

/* Find the pending and enabled source of highest priority above the threshold, lowest number first;
 * 0: none. */
static unsigned best_source(const struct vplic *plic, const struct vplic_context *context)
    REQUIRES(&plic->lock)
{
    unsigned best = 0;
    uint32_t best_priority = context->threshold;

    for (unsigned word = 0; word < VPLIC_NR_WORDS; word++) {
        uint32_t candidates = plic->pending[word] & context->enabled[word];

        for (unsigned source = word * 32; candidates; candidates >>= 1, source++) {
            if ((candidates & 1) && plic->priority[source] > best_priority) {
                best = source;
                best_priority = plic->priority[source];
            }
        }
    }
    return best;
}

/* Notify the contexts whose external interrupt changed. */
static void update(struct vplic *plic) REQUIRES(&plic->lock)
{
    for (unsigned i = 0; i < plic->nr_contexts; i++) {
        struct vplic_context *context = &plic->contexts[i];
        const bool is_raised = best_source(plic, context) != 0;

        if (is_raised != context->is_raised) {
            context->is_raised = is_raised;
            plic->set_external(plic->ctx, i, is_raised);
        }
    }
}

/*
 * Gateway of a level-triggered source: a raised line that is not in service becomes pending, and
 * stays so until it is claimed, even if the line falls before.
 */
static void gateway(struct vplic *plic, unsigned source) REQUIRES(&plic->lock)
{
    if (!bit_test(plic->claimed, source) && bit_test(plic->level, source))
        bit_assign(plic->pending, source, true);
}

static uint32_t claim(struct vplic *plic, struct vplic_context *context) REQUIRES(&plic->lock)
{
    const unsigned source = best_source(plic, context);

    if (source) {
        bit_assign(plic->pending, source, false);
        bit_assign(plic->claimed, source, true);
        update(plic);
    }
    return source;
}

/* Ignored unless the source is in service and enabled for this context. */
static void complete(struct vplic *plic, struct vplic_context *context, uint32_t source)
    REQUIRES(&plic->lock)
{
    if (source >= VPLIC_NR_SOURCES || !bit_test(plic->claimed, source) ||
        !bit_test(context->enabled, source))
        return;
    bit_assign(plic->claimed, source, false);
    gateway(plic, source);
    update(plic);
}

/* Return the word of enable bits at this offset, or NULL. */
static uint32_t *enable_word(struct vplic *plic, uint64_t offset) REQUIRES(&plic->lock)
{
    const uint64_t index = (offset - OFFSET_ENABLE) / ENABLE_STRIDE;
    const uint64_t word = (offset - OFFSET_ENABLE) % ENABLE_STRIDE / 4;

    if (offset < OFFSET_ENABLE || index >= plic->nr_contexts || word >= VPLIC_NR_WORDS)
        return NULL;
    return &plic->contexts[index].enabled[word];
}

static struct vplic_context *context_at(struct vplic *plic, uint64_t offset) REQUIRES(&plic->lock)
{
    const uint64_t index = (offset - OFFSET_CONTEXT) / CONTEXT_STRIDE;

    if (offset < OFFSET_CONTEXT || index >= plic->nr_contexts)
        return NULL;
    return &plic->contexts[index];
}

static uint32_t read_register(struct vplic *plic, uint64_t offset) REQUIRES(&plic->lock)
{
    if (offset < 4 * VPLIC_NR_SOURCES)
        return plic->priority[offset / 4];
    if (offset >= OFFSET_PENDING && offset < OFFSET_PENDING + 4 * VPLIC_NR_WORDS)
        return plic->pending[(offset - OFFSET_PENDING) / 4];

    const uint32_t *enabled = enable_word(plic, offset);
    if (enabled)
        return *enabled;

    struct vplic_context *context = context_at(plic, offset);
    if (!context)
        return 0;
    switch (offset % CONTEXT_STRIDE) {
    case CONTEXT_THRESHOLD:
        return context->threshold;
    case CONTEXT_CLAIM:
        return claim(plic, context);
    default:
        return 0;
    }
}

static void write_register(struct vplic *plic, uint64_t offset, uint32_t value)
    REQUIRES(&plic->lock)
{
    if (offset < 4 * VPLIC_NR_SOURCES) {
        if (offset != 0)
            plic->priority[offset / 4] = value & VPLIC_PRIORITY_MAX;
        update(plic);
        return;
    }

    uint32_t *enabled = enable_word(plic, offset);
    if (enabled) {
        *enabled = value;
        plic->contexts[(offset - OFFSET_ENABLE) / ENABLE_STRIDE].enabled[0] &= ~1u;
        update(plic);
        return;
    }

    struct vplic_context *context = context_at(plic, offset);
    if (!context)
        return;
    if (offset % CONTEXT_STRIDE == CONTEXT_THRESHOLD) {
        context->threshold = value & VPLIC_PRIORITY_MAX;
        update(plic);
    } else if (offset % CONTEXT_STRIDE == CONTEXT_CLAIM) {
        complete(plic, context, value);
    }
}

/* Registers are aligned words. */
static bool is_register(uint64_t offset, unsigned size)
{
    return size == 4 && offset % 4 == 0;
}

static uint64_t vplic_read(struct vdev *dev, uint64_t offset, unsigned size)
{
    struct vplic *plic = container_of(dev, struct vplic, dev);

    if (!is_register(offset, size))
        return 0;
    const unsigned long flags = spin_lock_irqsave(&plic->lock);
    const uint32_t value = read_register(plic, offset);

    spin_unlock_irqrestore(&plic->lock, flags);
    return value;
}

static void vplic_write(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    struct vplic *plic = container_of(dev, struct vplic, dev);

    if (!is_register(offset, size))
        return;
    const unsigned long flags = spin_lock_irqsave(&plic->lock);

    write_register(plic, offset, (uint32_t)value);
    spin_unlock_irqrestore(&plic->lock, flags);
}

static const struct vdev_ops vplic_ops = {.read = vplic_read, .write = vplic_write};

void vplic_init(struct vplic *plic, gpa_t base, unsigned nr_contexts,
                void (*set_external)(void *ctx, unsigned context, bool is_raised), void *ctx)
{
    plic->dev = (struct vdev){.name = "plic", .base = base, .size = VPLIC_SIZE, .ops = &vplic_ops};
    plic->set_external = set_external;
    plic->ctx = ctx;
    plic->nr_contexts = MIN(nr_contexts, (unsigned)VPLIC_CONTEXTS_MAX);
    spin_init(&plic->lock, "vplic");
    vplic_reset(plic);
}

void vplic_reset(struct vplic *plic)
{
    const unsigned long flags = spin_lock_irqsave(&plic->lock);

    memset(plic->priority, 0, sizeof(plic->priority));
    memset(plic->level, 0, sizeof(plic->level));
    memset(plic->pending, 0, sizeof(plic->pending));
    memset(plic->claimed, 0, sizeof(plic->claimed));
    memset(plic->contexts, 0, sizeof(plic->contexts));
    spin_unlock_irqrestore(&plic->lock, flags);
}

void vplic_set_level(void *ctx, unsigned source, bool is_raised)
{
    struct vplic *plic = ctx;

    if (source == 0 || source >= VPLIC_NR_SOURCES)
        return;
    const unsigned long flags = spin_lock_irqsave(&plic->lock);

    if (bit_test(plic->level, source) != is_raised) {
        bit_assign(plic->level, source, is_raised);
        gateway(plic, source);
        update(plic);
    }
    spin_unlock_irqrestore(&plic->lock, flags);
}
