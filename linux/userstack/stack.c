/*
 * Builds the initial stack of a program (System V ABI; the RISC-V psABI wants sp 16-byte aligned):
 *
 *   sp: argc  argv[0..argc-1] NULL  envp[..] NULL  auxv[..] AT_NULL  16 random bytes  platform,
 * path argument strings  environment strings                                            :top
 */
#include <abi/abi.h>
#include <base/errno.h>
#include <elf/elf.h>
#include <heap/heap.h>
#include <string/string.h>
#include <userstack/auxv.h>
#include <userstack/userstack.h>

#define NR_AUX_MAX 24

struct builder {
    uint64_t words[NR_AUX_MAX * 2];
    unsigned nr_words;
};

static void add(struct builder *b, uint64_t type, uint64_t value)
{
    b->words[b->nr_words++] = type;
    b->words[b->nr_words++] = value;
}

/* Store pointers to the consecutive strings at `addr`, then NULL. */
static uint64_t *put_pointers(uint64_t *word, const struct strings *s, uint64_t addr)
{
    const char *text = s->data;

    for (uint32_t i = 0; i < s->count; i++) {
        size_t length = strlen(text) + 1;

        *word++ = addr;
        addr += length;
        text += length;
    }
    *word++ = 0;
    return word;
}

/* Addresses of the strings that the vector points to. */
struct places {
    uint64_t path, platform, random;
};

/* Fill the auxiliary vector (getauxval(3)). */
static void add_vector(struct builder *aux, const struct startup *s, const struct places *at,
                       uint64_t hwcap)
{
    const struct loaded *l = s->loaded;

    add(aux, AT_PHDR, l->phdrs);
    add(aux, AT_PHENT, ELF_PHDR_SIZE);
    add(aux, AT_PHNUM, l->nr_phdrs);
    add(aux, AT_PAGESZ, PAGE_SIZE);
    add(aux, AT_BASE, l->interp_base);
    add(aux, AT_FLAGS, 0);
    add(aux, AT_ENTRY, l->entry);
    add(aux, AT_UID, s->uid);
    add(aux, AT_EUID, s->euid);
    add(aux, AT_GID, s->gid);
    add(aux, AT_EGID, s->egid);
    add(aux, AT_SECURE, s->is_secure);
    add(aux, AT_RANDOM, at->random);
    add(aux, AT_HWCAP, hwcap);
    add(aux, AT_HWCAP2, 0);
    add(aux, AT_CLKTCK, LINUX_TICK_HZ);
    add(aux, AT_EXECFN, at->path);
    add(aux, AT_PLATFORM, at->platform);
    add(aux, AT_MINSIGSTKSZ, 2048);
    if (s->vdso)
        add(aux, AT_SYSINFO_EHDR, s->vdso);
    add(aux, AT_NULL, 0);
}

int stack_build(const struct startup *s, uint64_t top, const uint8_t random[16], uint64_t hwcap,
                struct stack_layout *out)
{
    size_t path_size = strlen(s->path) + 1;
    size_t platform_size = strlen(s->platform) + 1;
    struct builder aux = {.nr_words = 0};
    uint64_t env_at = top - 8 - s->envp->size;
    uint64_t arg_at = env_at - s->argv->size;
    struct places at = {.path = arg_at - path_size};
    uint64_t nr_words, *word;

    at.platform = at.path - platform_size;
    at.random = (at.platform - 16) & ~15ull;
    add_vector(&aux, s, &at, hwcap);
    nr_words = 1 + s->argv->count + 1 + s->envp->count + 1 + aux.nr_words;
    out->sp = (at.random - nr_words * sizeof(uint64_t)) & ~15ull;
    out->size = top - out->sp;
    out->arg_start = arg_at;
    out->arg_end = env_at;
    out->env_start = env_at;
    out->env_end = env_at + s->envp->size;
    out->block = heap_zalloc(out->size);
    if (!out->block)
        return -ENOMEM;

    word = (uint64_t *)out->block;
    *word++ = s->argv->count;
    word = put_pointers(word, s->argv, arg_at);
    word = put_pointers(word, s->envp, env_at);
    out->auxv = out->sp + (uint64_t)((uint8_t *)word - (uint8_t *)out->block);
    memcpy(word, aux.words, aux.nr_words * sizeof(uint64_t));
    memcpy(out->block + (at.random - out->sp), random, 16);
    memcpy(out->block + (at.platform - out->sp), s->platform, platform_size);
    memcpy(out->block + (at.path - out->sp), s->path, path_size);
    if (s->argv->size)
        memcpy(out->block + (arg_at - out->sp), s->argv->data, s->argv->size);
    if (s->envp->size)
        memcpy(out->block + (env_at - out->sp), s->envp->data, s->envp->size);
    return 0;
}
