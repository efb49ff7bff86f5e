/*
 * Split virtqueues over memory: no device access, no allocation, no locks (the rest is in
 * virtio.c).
 */
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

#include <arch/memory.h>
#include <base/errno.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the rings are little-endian");
_Static_assert(sizeof(struct virtqueue_desc) == 16, "layout of 2.7.5");

#define SLOT_NONE 0xffffu

/* The used ring follows the available ring at the next multiple of 4 (2.7: alignments). */
static size_t used_offset(unsigned size)
{
    size_t avail_end = 16ul * size + 4 + 2ul * size + 2;
    return ALIGN_UP(avail_end, 4);
}

size_t virtqueue_ring_bytes(unsigned size)
{
    return used_offset(size) + 4 + 8ul * size + 2;
}

/* Request an interrupt once the device passes this used index (2.7.10). */
static uint16_t *used_event(struct virtqueue *vq)
{
    return &vq->avail->ring[vq->size];
}

static uint16_t avail_event(struct virtqueue *vq)
{
    return READ_ONCE(*(uint16_t *)&vq->used->ring[vq->size]);
}

void virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev, unsigned index, unsigned size,
                    void *rings, struct virtqueue_slot *slots)
{
    *vq = (struct virtqueue){
        .vdev = vdev,
        .index = index,
        .size = (uint16_t)size,
        .has_event_idx = virtio_has_feature(vdev, VIRTIO_F_EVENT_IDX),
        .has_indirect = virtio_has_feature(vdev, VIRTIO_F_INDIRECT_DESC),
        .desc = rings,
        .avail = (void *)((char *)rings + 16ul * size),
        .used = (void *)((char *)rings + used_offset(size)),
        .slots = slots,
        .nr_free = (uint16_t)size,
        .wants_callbacks = true,
    };
    for (unsigned i = 0; i < size; i++)
        slots[i] = (struct virtqueue_slot){.next = (uint16_t)(i + 1)};
    slots[size - 1].next = SLOT_NONE;
}

static void desc_fill(struct virtqueue_desc *desc, const struct virtio_buffer *buffer,
                      uint16_t flags, uint16_t next)
{
    desc->addr = virt_to_phys(buffer->data).v;
    desc->len = buffer->len;
    desc->flags = flags;
    desc->next = next;
}

static uint16_t buffer_flags(unsigned i, unsigned nr_out, unsigned nr)
{
    return (uint16_t)((i >= nr_out ? VIRTQUEUE_DESC_WRITE : 0) |
                      (i + 1 < nr ? VIRTQUEUE_DESC_NEXT : 0));
}

static void fill_indirect(struct virtqueue *vq, uint16_t head, const struct virtio_buffer *buffers,
                          unsigned nr_out, unsigned nr, struct virtqueue_desc *table)
{
    for (unsigned i = 0; i < nr; i++)
        desc_fill(&table[i], &buffers[i], buffer_flags(i, nr_out, nr), (uint16_t)(i + 1));

    struct virtio_buffer whole = {table, (uint32_t)(nr * sizeof(*table))};
    desc_fill(&vq->desc[head], &whole, VIRTQUEUE_DESC_INDIRECT, 0);
}

static void fill_direct(struct virtqueue *vq, uint16_t head, const struct virtio_buffer *buffers,
                        unsigned nr_out, unsigned nr)
{
    uint16_t at = head;

    for (unsigned i = 0; i < nr; i++) {
        uint16_t next = vq->slots[at].next;
        desc_fill(&vq->desc[at], &buffers[i], buffer_flags(i, nr_out, nr), i + 1 < nr ? next : 0);
        at = next;
    }
}

/* Take nr entries off the free list, which is long enough; their slots stay linked. */
static uint16_t chain_take(struct virtqueue *vq, unsigned nr)
{
    uint16_t head = vq->free_head;
    uint16_t last = head;

    for (unsigned i = 1; i < nr; i++)
        last = vq->slots[last].next;
    vq->free_head = vq->slots[last].next;
    vq->nr_free = (uint16_t)(vq->nr_free - nr);
    return head;
}

static void chain_release(struct virtqueue *vq, uint16_t head)
{
    unsigned nr = vq->slots[head].nr_descs;
    uint16_t last = head;

    for (unsigned i = 1; i < nr; i++)
        last = vq->slots[last].next;
    vq->slots[last].next = vq->free_head;
    vq->free_head = head;
    vq->nr_free = (uint16_t)(vq->nr_free + nr);
    vq->slots[head].token = NULL;
    vq->nr_outstanding--;
}

int virtqueue_add(struct virtqueue *vq, const struct virtio_buffer *buffers, unsigned nr_out,
                  unsigned nr_in, void *token, struct virtqueue_desc *indirect)
{
    unsigned nr = nr_out + nr_in;
    uint64_t max_bytes = 0;

    if (vq->is_broken)
        return -EIO;
    if (nr == 0 || !token)
        return -EINVAL;
    for (unsigned i = 0; i < nr; i++) {
        if (buffers[i].len == 0)
            return -EINVAL;
        if (i >= nr_out)
            max_bytes += buffers[i].len;
    }
    if (max_bytes > UINT32_MAX)
        return -EINVAL;

    /* A chain is never longer than the queue, in a table neither (2.7.5.3.1). */
    bool is_indirect = indirect && vq->has_indirect && nr > 1 && nr <= vq->size;
    unsigned nr_descs = is_indirect ? 1 : nr;
    if (nr_descs > vq->nr_free)
        return -ENOSPC;

    uint16_t head = chain_take(vq, nr_descs);
    if (is_indirect)
        fill_indirect(vq, head, buffers, nr_out, nr, indirect);
    else
        fill_direct(vq, head, buffers, nr_out, nr);
    vq->slots[head].token = token;
    vq->slots[head].max_bytes = (uint32_t)max_bytes;
    vq->slots[head].nr_descs = (uint16_t)nr_descs;
    vq->nr_outstanding++;

    vq->avail->ring[vq->avail_idx & (vq->size - 1)] = head;
    vq->avail_idx++;
    /* The device must see descriptors and ring entry before the index (2.7.13.3). */
    __atomic_store_n(&vq->avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
    return 0;
}

bool virtqueue_kick_prepare(struct virtqueue *vq)
{
    uint16_t old = vq->kicked_idx;
    uint16_t new = vq->avail_idx;

    if (vq->is_broken || old == new)
        return false;
    vq->kicked_idx = new;

    /*
     * The index must be visible before the device's event index is read (2.7.13.4.1), or both sides
     * sleep.
     */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!vq->has_event_idx)
        return (READ_ONCE(vq->used->flags) & VIRTQUEUE_USED_NO_NOTIFY) == 0;
    /* True iff event is among the entries old .. new-1, modulo 2^16 (2.7.10.1) */
    return (uint16_t)(new - avail_event(vq) - 1) < (uint16_t)(new - old);
}

static void *break_queue(struct virtqueue *vq, const char *why)
{
    vq->is_broken = true;
    vq->broken_why = why;
    return NULL;
}

/* Count pending used entries; break the queue if the device claims more than it has. */
static bool has_used(struct virtqueue *vq)
{
    uint16_t idx = __atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE);
    uint16_t nr = (uint16_t)(idx - vq->last_used);

    if (nr > vq->nr_outstanding) {
        break_queue(vq, "used index ahead of what was offered");
        return false;
    }
    return nr != 0;
}

void *virtqueue_get(struct virtqueue *vq, uint32_t *nr_written)
{
    if (vq->is_broken || !has_used(vq))
        return NULL;

    /* Read each field once: the device may change it meanwhile. */
    struct virtqueue_used_elem *elem = &vq->used->ring[vq->last_used & (vq->size - 1)];
    uint32_t id = READ_ONCE(elem->id);
    uint32_t len = READ_ONCE(elem->len);

    if (id >= vq->size)
        return break_queue(vq, "used id out of range");
    struct virtqueue_slot *slot = &vq->slots[id];
    void *token = slot->token;
    if (!token)
        return break_queue(vq, "used id is not outstanding");
    if (len > slot->max_bytes)
        return break_queue(vq, "used length beyond the buffers");

    chain_release(vq, (uint16_t)id);
    vq->last_used++;
    if (vq->has_event_idx && vq->wants_callbacks) {
        WRITE_ONCE(*used_event(vq), vq->last_used);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    if (nr_written)
        *nr_written = len;
    return token;
}

void virtqueue_disable_callbacks(struct virtqueue *vq)
{
    vq->wants_callbacks = false;
    /* With event index the flag is not used: an event just passed is half a lap of indices away. */
    if (vq->has_event_idx)
        WRITE_ONCE(*used_event(vq), (uint16_t)(vq->last_used - 1));
    else
        WRITE_ONCE(vq->avail->flags, VIRTQUEUE_AVAIL_NO_INTERRUPT);
}

bool virtqueue_enable_callbacks(struct virtqueue *vq)
{
    vq->wants_callbacks = true;
    if (vq->has_event_idx)
        WRITE_ONCE(*used_event(vq), vq->last_used);
    else
        WRITE_ONCE(vq->avail->flags, 0);
    /* The event index must be visible before the last check, or a buffer used in between is never
     * signalled. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return vq->is_broken || !has_used(vq);
}

void *virtqueue_detach(struct virtqueue *vq)
{
    for (uint16_t id = 0; id < vq->size && vq->nr_outstanding != 0; id++) {
        void *token = vq->slots[id].token;
        if (token) {
            chain_release(vq, id);
            return token;
        }
    }
    return NULL;
}
