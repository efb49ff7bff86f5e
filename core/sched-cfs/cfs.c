/*
 * Completely fair scheduling outside the path of every switch. See <sched/policy.h>.
 */
#include <sched/sched.h>

struct sched_cfs_tunables sched_cfs_tunables;

/*
 * Weights of nice -20 .. 19: Linux's table (kernel/sched/core.c, sched_prio_to_weight), which is
 * 1024 / 1.25^nice rounded by hand, so that shares agree with what programs see there.
 */
static const uint32_t nice_to_weight[SCHED_NICE_MAX - SCHED_NICE_MIN + 1] = {
    88761, 71755, 56483, 46273, 36291, /* -20 */
    29154, 23254, 18705, 14949, 11916, /* -15 */
    9548,  7620,  6100,  4904,  3906,  /* -10 */
    3121,  2501,  1991,  1586,  1277,  /*  -5 */
    1024,  820,   655,   526,   423,   /*   0 */
    335,   272,   215,   172,   137,   /*   5 */
    110,   87,    70,    56,    45,    /*  10 */
    36,    29,    23,    18,    15,    /*  15 */
};

void sched_policy_init(uint64_t ticks_per_second)
{
    sched_cfs_tunables.latency = ticks_per_second * SCHED_CFS_LATENCY_US / 1000000;
    sched_cfs_tunables.granularity = ticks_per_second * SCHED_CFS_GRANULARITY_US / 1000000;
    sched_cfs_tunables.wakeup = ticks_per_second * SCHED_CFS_WAKEUP_US / 1000000;
    sched_cfs_tunables.line_span = sched_cfs_tunables.granularity << SCHED_CFS_UNIT_SHIFT;
}

void sched_queue_init(struct sched_queue *q)
{
    list_init(&q->line);
    rb_root_init(&q->early);
    q->current = NULL;
    q->min_vruntime = 0;
    q->total_weight = 0;
    q->nr = 0;
}

static void entity_set_weight(struct sched_entity *e, int nice)
{
    e->weight = nice_to_weight[nice - SCHED_NICE_MIN];
    e->inverse = (SCHED_CFS_NICE0_WEIGHT << SCHED_CFS_UNIT_SHIFT) / e->weight;
}

void sched_entity_init(struct sched_entity *e, int nice)
{
    e->is_early = false;
    e->vruntime = 0;
    e->used = 0;
    e->home = NULL;
    entity_set_weight(e, nice);
}

void sched_entity_set_nice(struct sched_entity *e, int nice)
{
    if (e->home && e->home->current == e) {
        e->home->total_weight -= e->weight;
        entity_set_weight(e, nice);
        e->home->total_weight += e->weight;
    } else {
        entity_set_weight(e, nice);
    }
}

static struct sched_entity *early_first(struct sched_queue *q)
{
    struct rb_node *node = rb_first(&q->early);

    return node ? sched_cfs_entity(node) : NULL;
}

static struct sched_entity *line_first(struct sched_queue *q)
{
    return list_is_empty(&q->line) ? NULL : sched_cfs_in_line(q->line.next);
}

/* Return the earlier of two; either may be NULL. The line wins a tie. */
static struct sched_entity *earlier(struct sched_entity *line, struct sched_entity *early)
{
    if (!line || (early && sched_cfs_before(early->vruntime, line->vruntime)))
        return early;
    return line;
}

struct sched_entity *sched_first(struct sched_queue *q)
{
    return earlier(line_first(q), early_first(q));
}

static struct sched_entity *line_next(struct sched_queue *q, struct sched_entity *e)
{
    return e->link.next == &q->line ? NULL : sched_cfs_in_line(e->link.next);
}

static struct sched_entity *early_next(struct sched_entity *e)
{
    struct rb_node *node = rb_next(&e->node);

    return node ? sched_cfs_entity(node) : NULL;
}

COLD struct sched_entity *sched_after(struct sched_queue *q, struct sched_entity *e)
{
    struct sched_entity *line = line_first(q), *early = early_first(q);

    if (!e->is_early) {
        line = line_next(q, e);
        while (early && sched_cfs_before(early->vruntime, e->vruntime))
            early = early_next(early);
    } else {
        early = early_next(e);
        while (line && !sched_cfs_before(e->vruntime, line->vruntime))
            line = line_next(q, line);
    }
    return earlier(line, early);
}

/*
 * Advance the queue's virtual time to that of the entity furthest behind. The current entity is
 * accounted.
 */
static void queue_advance(struct sched_queue *q)
{
    struct sched_entity *first = sched_first(q);
    uint64_t least;

    if (q->current) {
        least = q->current->vruntime;
        if (first && sched_cfs_before(first->vruntime, least))
            least = first->vruntime;
    } else if (first) {
        least = first->vruntime;
    } else {
        return;
    }
    if (sched_cfs_before(q->min_vruntime, least))
        q->min_vruntime = least;
}

static bool is_less(const struct rb_node *a, const struct rb_node *b)
{
    return sched_cfs_before(container_of(a, const struct sched_entity, node)->vruntime,
                            container_of(b, const struct sched_entity, node)->vruntime);
}

static bool is_last(const struct sched_queue *q, const struct sched_entity *e)
{
    return list_is_empty(&q->line) ||
           (!sched_cfs_before(e->vruntime, sched_cfs_in_line(q->line.prev)->vruntime) &&
            e->vruntime - sched_cfs_in_line(q->line.next)->vruntime <=
                sched_cfs_tunables.line_span);
}

static void ready_insert(struct sched_queue *q, struct sched_entity *e)
{
    if (is_last(q, e)) {
        list_add_tail(&q->line, &e->link);
    } else {
        rb_insert(&q->early, &e->node, is_less);
        e->is_early = true;
    }
}

static void ready_remove(struct sched_queue *q, struct sched_entity *e)
{
    if (e->is_early) {
        rb_erase(&q->early, &e->node);
        e->is_early = false;
    } else {
        list_unlink(&e->link);
    }
}

/* Behind next, and behind the line unless that is far away. */
static void give_up_claim(struct sched_queue *q, struct sched_entity *prev,
                          const struct sched_entity *next)
{
    uint64_t behind =
        list_is_empty(&q->line) ? next->vruntime : sched_cfs_in_line(q->line.prev)->vruntime;

    if (behind - next->vruntime > sched_cfs_tunables.line_span)
        behind = next->vruntime + sched_cfs_tunables.line_span;
    if (sched_cfs_before(prev->vruntime, behind))
        prev->vruntime = behind;
}

struct sched_entity *sched_next(struct sched_queue *q, struct sched_entity *prev,
                                enum sched_put_reason why)
{
    struct sched_entity *next = sched_first(q);

    if (!next)
        return prev;
    if (prev && why == SCHED_PREEMPT && !sched_cfs_before(next->vruntime, prev->vruntime))
        return prev;
    if (prev && why == SCHED_YIELD)
        give_up_claim(q, prev, next);
    ready_remove(q, next);
    if (prev)
        ready_insert(q, prev);
    sched_cfs_choose(q, next);
    return next;
}

static uint64_t slice_of(const struct sched_queue *q, const struct sched_entity *e)
{
    uint64_t period = sched_cfs_tunables.latency;
    uint64_t slice;

    if (q->nr > SCHED_CFS_LATENCY_US / SCHED_CFS_GRANULARITY_US)
        period = q->nr * sched_cfs_tunables.granularity;
    slice = period * e->weight / q->total_weight;
    return MAX(slice, sched_cfs_tunables.granularity);
}

static void queue_leave(struct sched_queue *q, struct sched_entity *e)
{
    q->total_weight -= e->weight;
    q->nr--;
}

/* Place the entity on the time line of q. */
static void place(struct sched_queue *q, struct sched_entity *e, enum sched_enqueue_reason why)
{
    uint64_t bonus = (sched_cfs_tunables.latency / 2) << SCHED_CFS_UNIT_SHIFT;
    uint64_t earliest = q->min_vruntime - bonus;

    if (why == SCHED_NEW) {
        e->vruntime = q->min_vruntime + slice_of(q, e) * e->inverse;
        return;
    }
    if (e->home != q) {
        /*
         * Keep its lead or lag. The other queue's time may change meanwhile: any recent value is
         * good enough.
         */
        e->vruntime += q->min_vruntime - (e->home ? READ_ONCE(e->home->min_vruntime) : 0);
    }
    if (why == SCHED_WAKE && sched_cfs_before(e->vruntime, earliest))
        e->vruntime = earliest;
}

void sched_enqueue(struct sched_queue *q, struct sched_entity *e, enum sched_enqueue_reason why)
{
    queue_advance(q);
    q->total_weight += e->weight;
    q->nr++;
    place(q, e, why);
    e->home = q;
    ready_insert(q, e);
}

void sched_dequeue(struct sched_queue *q, struct sched_entity *e)
{
    ready_remove(q, e);
    queue_leave(q, e);
}

void sched_block(struct sched_queue *q, struct sched_entity *e)
{
    queue_advance(q);
    q->current = NULL;
    queue_leave(q, e);
}

bool sched_slice_over(struct sched_queue *q, struct sched_entity *e)
{
    const struct sched_entity *first = sched_first(q);
    uint64_t slice = slice_of(q, e);

    if (!first || e->used < sched_cfs_tunables.granularity)
        return false;
    if (!sched_cfs_before(first->vruntime, e->vruntime))
        return false; /* it would be chosen again */
    return e->used >= slice || e->vruntime - first->vruntime > slice << SCHED_CFS_UNIT_SHIFT;
}

uint64_t sched_slice_ticks(struct sched_queue *q, struct sched_entity *e)
{
    uint64_t slice = slice_of(q, e);

    return e->used < slice ? slice - e->used : sched_cfs_tunables.granularity;
}

bool sched_wake_preempts(struct sched_queue *q, struct sched_entity *current,
                         struct sched_entity *woken)
{
    (void)q;
    return sched_cfs_before(woken->vruntime + sched_cfs_tunables.wakeup * woken->inverse,
                            current->vruntime);
}
