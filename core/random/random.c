/*
 * The generator is one 256-bit key. Output: a ChaCha20 block under the key gives the next key and
 * 256 bits, of which small requests take what they need, one after the other; a large one takes all
 * as the key of a stream of its own. What is taken is erased. Input: 256 bits at a time are xored
 * to the key and the sum is sent through ChaCha20. An attacker who lacks the key before an input,
 * or the input, lacks the key afterwards.
 */
#include <random/random.h>

#include <arch/cpu.h>
#include <arch/timer.h>
#include <chacha20/chacha20.h>
#include <lock/spinlock.h>
#include <string/string.h>

#define KEY_BYTES   (4 * CHACHA20_KEY_WORDS)
#define SEEDED_BITS 256

/* A block's purpose goes into the nonce, so that input and output blocks never coincide. */
enum purpose { PURPOSE_OUTPUT = 1, PURPOSE_INPUT = 2, PURPOSE_STREAM = 3 };

static struct spinlock lock = SPINLOCK_INIT("random");
static uint32_t key[CHACHA20_KEY_WORDS] GUARDED_BY(&lock);
static uint8_t batch[KEY_BYTES] GUARDED_BY(&lock); /* unused output: the last nr_left bytes */
static size_t nr_left GUARDED_BY(&lock);
static unsigned credited_bits GUARDED_BY(&lock);
static uint64_t jitter[4];  /* [a] times of events, folded; goes into the next output */
static uint32_t nr_jitters; /* [a] */
static uint32_t nr_jitters_mixed GUARDED_BY(&lock); /* nr_jitters when last mixed in */

static void block(const uint32_t with_key[CHACHA20_KEY_WORDS], enum purpose purpose,
                  uint32_t counter, uint32_t out[CHACHA20_BLOCK_WORDS])
{
    const uint32_t nonce[CHACHA20_NONCE_WORDS] = {purpose, 0, 0};
    chacha20_block(with_key, counter, nonce, out);
}

/* Up to KEY_BYTES of input into the key. */
static void mix(const void *data, size_t nr_bytes) REQUIRES(&lock)
{
    uint32_t input[CHACHA20_KEY_WORDS] = {0};
    uint32_t out[CHACHA20_BLOCK_WORDS];

    memcpy(input, data, nr_bytes);
    for (unsigned i = 0; i < CHACHA20_KEY_WORDS; i++)
        key[i] ^= input[i];
    block(key, PURPOSE_INPUT, (uint32_t)nr_bytes, out);
    memcpy(key, out, sizeof(key));
}

/* Mix in the counters and the times of events, if there was a new event or it is forced. */
static void mix_counters(bool always) REQUIRES(&lock)
{
    uint64_t counters[4] = {arch_time(), arch_cycles(), 0, 0};
    uint32_t nr = __atomic_load_n(&nr_jitters, __ATOMIC_RELAXED);

    if (nr == nr_jitters_mixed && !always)
        return;
    nr_jitters_mixed = nr;

    for (unsigned i = 0; i < 4; i++)
        counters[i] ^= __atomic_load_n(&jitter[i], __ATOMIC_RELAXED);
    mix(counters, sizeof(counters));
}

void random_add(const void *data, size_t nr_bytes, unsigned entropy_bits)
{
    const char *at = data;
    unsigned long flags = spin_lock_irqsave(&lock);

    mix_counters(true);
    while (nr_bytes > 0) {
        size_t now = MIN(nr_bytes, (size_t)KEY_BYTES);
        mix(at, now);
        at += now;
        nr_bytes -= now;
    }
    credited_bits += MIN(entropy_bits, SEEDED_BITS - credited_bits);
    nr_left = 0; /* taken into account by the next output */
    spin_unlock_irqrestore(&lock, flags);
}

void random_init(const void *seed, size_t nr_bytes)
{
    /* Credit the firmware's seed with its length; without one only the counters are available. */
    random_add(seed, nr_bytes, (unsigned)MIN(nr_bytes * 8, (size_t)SEEDED_BITS));
}

void random_add_jitter(void)
{
    uint32_t n = __atomic_fetch_add(&nr_jitters, 1, __ATOMIC_RELAXED);
    uint64_t *slot = &jitter[n % ARRAY_SIZE(jitter)];
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);

    /* A lost update by concurrent events is harmless. */
    __atomic_store_n(slot, (old << 7 | old >> 57) ^ arch_cycles() ^ (arch_time() << 32),
                     __ATOMIC_RELAXED);
}

bool random_is_seeded(void)
{
    return UNLOCKED(READ_ONCE(credited_bits), "it only ever grows") >= SEEDED_BITS;
}

/* The compiler must not drop this as stores that nobody reads. */
static void erase(void *secret, size_t nr_bytes)
{
    memset(secret, 0, nr_bytes);
    __asm__ volatile("" : : "r"(secret) : "memory");
}

/* A full batch; the generator's own key moves on. */
static void refill(void) REQUIRES(&lock)
{
    uint32_t words[CHACHA20_BLOCK_WORDS];

    mix_counters(credited_bits < SEEDED_BITS);
    block(key, PURPOSE_OUTPUT, 0, words);
    memcpy(key, words, sizeof(key));
    memcpy(batch, words + CHACHA20_KEY_WORDS, KEY_BYTES);
    nr_left = KEY_BYTES;
    erase(words, sizeof(words));
}

/* Take nr_bytes of the batch, at most KEY_BYTES; a rest that is too small is discarded. */
static void take(void *out, size_t nr_bytes)
{
    unsigned long flags = spin_lock_irqsave(&lock);
    uint8_t *from;

    if (nr_left < nr_bytes)
        refill();
    from = batch + KEY_BYTES - nr_left;
    memcpy(out, from, nr_bytes);
    erase(from, nr_bytes);
    nr_left -= nr_bytes;
    spin_unlock_irqrestore(&lock, flags);
}

/* Generate a key stream under a key of its own, without the lock. */
static void fill(char *at, size_t nr_bytes)
{
    uint32_t stream_key[CHACHA20_KEY_WORDS], words[CHACHA20_BLOCK_WORDS];

    take(stream_key, sizeof(stream_key));
    for (uint32_t counter = 0; nr_bytes > 0; counter++) {
        size_t now = MIN(nr_bytes, sizeof(words));
        block(stream_key, PURPOSE_STREAM, counter, words);
        memcpy(at, words, now);
        at += now;
        nr_bytes -= now;
    }
    erase(stream_key, sizeof(stream_key));
    erase(words, sizeof(words));
}

void random_bytes(void *data, size_t nr_bytes)
{
    char *at = data;

    if (nr_bytes <= KEY_BYTES) {
        take(data, nr_bytes);
        return;
    }
    while (nr_bytes > 0) {
        size_t now = MIN(nr_bytes, (size_t)GIB(1)); /* far below the counter's 256 GiB */
        fill(at, now);
        at += now;
        nr_bytes -= now;
    }
}

uint64_t random_u64(void)
{
    uint64_t value;

    random_bytes(&value, sizeof(value));
    return value;
}

uint64_t random_below(uint64_t bound)
{
    /* 2^64 mod bound values at the bottom would make some results likelier: draw again. */
    uint64_t unfair = (0 - bound) % bound;
    uint64_t value;

    do {
        value = random_u64();
    } while (value < unfair);
    return value % bound;
}
