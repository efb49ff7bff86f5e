/*
 * core/slab under arbitrary sequences: several caches of input-chosen sizes and alignments, little
 * RAM, so that exhaustion and shrinking are part of it. All frames must come back.
 */
#include <string.h>

#include <frame/frame.h>
#include <host/fuzz.h>
#include <host/host.h>
#include <slab/slab.h>

#define NR_CACHES 4
#define MAX_OWNED 512

static void start_once(void)
{
    static bool has_started;
    const struct frame_range ram = {PADDR(0x80000000), MIB(4)};

    if (has_started)
        return;
    has_started = true;
    host_ram_init(ram.start, ram.size);
    require(frame_init(&ram, 1, NULL, 0) == 0);
    slab_cache_destroy(slab_cache_create("first", 8, 0, NULL));
}

static uint64_t nr_accounted(void)
{
    struct frame_stats s;

    slab_shrink(SIZE_MAX);
    frame_cache_drain();
    frame_stats(&s);
    return s.free + s.meta;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slab_cache *caches[NR_CACHES];
    struct {
        uint8_t *p;
        unsigned cache;
        uint8_t mark;
    } owned[MAX_OWNED] = {0};
    uint64_t before;

    start_once();
    before = nr_accounted();
    input = data;
    input_end = data + size;
    for (size_t i = 0; i < NR_CACHES; i++) {
        size_t object_size = 1 + take(2) % SLAB_MAX_SIZE;

        caches[i] =
            slab_cache_create("fuzz", object_size, (1ul << take(1) % 14) & ~(1ul << 13), NULL);
        require(caches[i] != NULL);
    }
    while (input < input_end) {
        unsigned op = take(1), i = take(2) % MAX_OWNED, repeat = op % 16 == 15 ? 64 : 1;

        if (op % 16 == 14) {
            slab_cache_shrink(caches[op / 16 % NR_CACHES]);
            slab_cache_check(caches[op / 16 % NR_CACHES]);
            continue;
        }
        for (; repeat > 0; repeat--, i = (i + 1) % MAX_OWNED) {
            if (owned[i].p == NULL) {
                owned[i].cache = op / 16 % NR_CACHES;
                owned[i].p = slab_alloc(caches[owned[i].cache]);
                if (owned[i].p == NULL)
                    continue;
                owned[i].mark = (uint8_t)(i * 3 + op);
                memset(owned[i].p, owned[i].mark, caches[owned[i].cache]->size);
            } else {
                require(owned[i].p[0] == owned[i].mark);
                require(owned[i].p[caches[owned[i].cache]->size - 1] == owned[i].mark);
                slab_free(caches[owned[i].cache], owned[i].p);
                owned[i].p = NULL;
            }
        }
    }
    for (size_t i = 0; i < MAX_OWNED; i++)
        if (owned[i].p != NULL)
            slab_free(caches[owned[i].cache], owned[i].p);
    for (size_t i = 0; i < NR_CACHES; i++) {
        struct slab_cache_stats stats;

        slab_cache_check(caches[i]);
        slab_cache_stats(caches[i], &stats);
        require(stats.nr_objects == 0);
        slab_cache_destroy(caches[i]);
    }
    frame_check();
    require(nr_accounted() == before);
    return 0;
}
