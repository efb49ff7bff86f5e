/*
 * A model of the device's side of a split virtqueue, written from Virtio 1.2, 2.7 alone and sharing
 * no code with the driver's side.
 */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arch/memory.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

#define MODEL_BUFFERS_MAX 64

struct model_chain {
    uint16_t head;
    unsigned nr_out, nr_in;
    struct {
        uint8_t *data;
        uint32_t len;
    } buffers[MODEL_BUFFERS_MAX];
};

struct model_queue {
    unsigned size;
    struct virtqueue_desc *desc;
    struct virtqueue_avail *avail;
    struct virtqueue_used *used;
    uint16_t next_avail, next_used;
    bool has_event_idx;
};

static UNUSED void model_queue_init(struct model_queue *q, const struct virtqueue *vq)
{
    *q = (struct model_queue){
        .size = vq->size,
        .desc = vq->desc,
        .avail = vq->avail,
        .used = vq->used,
        .has_event_idx = vq->has_event_idx,
    };
}

static UNUSED void model_walk(struct model_chain *chain, struct virtqueue_desc *table,
                              unsigned table_size, uint16_t at)
{
    unsigned steps = 0;

    for (;;) {
        assert(at < table_size && steps++ < table_size);
        struct virtqueue_desc d = table[at];
        if (d.flags & VIRTQUEUE_DESC_INDIRECT) {
            assert(!(d.flags & VIRTQUEUE_DESC_NEXT) && d.len % 16 == 0 &&
                   chain->nr_out + chain->nr_in == 0);
            model_walk(chain, phys_to_virt(PADDR(d.addr)), d.len / 16, 0);
            return;
        }
        unsigned n = chain->nr_out + chain->nr_in;
        assert(n < MODEL_BUFFERS_MAX);
        chain->buffers[n].data = phys_to_virt(PADDR(d.addr));
        chain->buffers[n].len = d.len;
        if (d.flags & VIRTQUEUE_DESC_WRITE) {
            chain->nr_in++;
        } else {
            assert(chain->nr_in == 0); /* readable ones come first */
            chain->nr_out++;
        }
        if (!(d.flags & VIRTQUEUE_DESC_NEXT))
            return;
        at = d.next;
    }
}

/* The next chain on offer; false: none. */
static UNUSED bool model_take(struct model_queue *q, struct model_chain *chain)
{
    if (q->next_avail == q->avail->idx)
        return false;
    *chain = (struct model_chain){.head = q->avail->ring[q->next_avail % q->size]};
    q->next_avail++;
    model_walk(chain, q->desc, q->size, chain->head);
    return true;
}

/* Returns a chain; true: the driver wants an interrupt. */
static UNUSED bool model_return(struct model_queue *q, uint32_t id, uint32_t len)
{
    uint16_t old = q->next_used;

    q->used->ring[q->next_used % q->size] = (struct virtqueue_used_elem){id, len};
    q->used->idx = ++q->next_used;
    if (!q->has_event_idx)
        return !(q->avail->flags & VIRTQUEUE_AVAIL_NO_INTERRUPT);
    return q->avail->ring[q->size] == old;
}

/* Wants to be notified of the next chain. */
static UNUSED void model_want_notify(struct model_queue *q, bool wants)
{
    if (q->has_event_idx)
        *(uint16_t *)&q->used->ring[q->size] =
            (uint16_t)(wants ? q->next_avail : q->next_avail - 1);
    else
        q->used->flags = wants ? 0 : VIRTQUEUE_USED_NO_NOTIFY;
}

#endif
