/*
 * mm/vspace against a model that is an array of pages: random maps, unmaps, protections, moves,
 * forks and accesses over a few spaces, with the target's page-table walks. What the tables show
 * must be what the model holds; an operation that fails for lack of memory must have changed
 * nothing; in the end every frame and every byte of the heap is back.
 *
 * A page's contents are one number at its start and its end. A failing run prints its seed:
 * VSPACE_TEST_SEED=n repeats it. One file: model, random walk and what compares them are one test.
 */
#include "world.h"

/* The range reaches over the border of two page tables. */
#define NR_PAGES   96u
#define BASE       (MIB(2) - 40 * PAGE_SIZE)
#define LIMIT      (BASE + NR_PAGES * PAGE_SIZE)
#define NR_SPACES  4u
#define NR_OBJECTS 2u
#define NR_SHARED  24u /* pages of a shared object */

enum kind { NONE, PRIVATE, SHARED };

struct page {
    enum kind kind;
    uint32_t flags;  /* of its VMA */
    uint64_t value;  /* PRIVATE: what it holds */
    unsigned object; /* SHARED: where it is held */
    unsigned index;
};

struct space {
    struct vspace *vs; /* NULL: not in use */
    struct page pages[NR_PAGES];
};

static struct space spaces[NR_SPACES];
static struct vma_shared_object *objects[NR_OBJECTS];
static uint64_t shared_values[NR_OBJECTS][NR_SHARED];
static uint64_t next_value;

static uint64_t addr_of(unsigned page)
{
    return BASE + page * PAGE_SIZE;
}

/* --- the model -------------------------------------------------------------------------------- */

static uint64_t *value_of(struct page *p)
{
    return p->kind == SHARED && p->index < NR_SHARED ? &shared_values[p->object][p->index]
                                                     : &p->value;
}

/* The expected result of an access to the page. */
static int expected_fault(const struct page *p, uint32_t access)
{
    if (p->kind == NONE)
        return -EFAULT;
    if (!(p->flags & access) && !((access & VMA_READ) && (p->flags & VMA_WRITE)))
        return -EACCES;
    if (p->kind == SHARED && p->index >= NR_SHARED)
        return -ENXIO;
    return 0;
}

static bool all_mapped(const struct space *s, unsigned first, unsigned nr)
{
    for (unsigned i = first; i < first + nr; i++)
        if (s->pages[i].kind == NONE)
            return false;
    return true;
}

static bool none_mapped(const struct space *s, unsigned first, unsigned nr)
{
    for (unsigned i = first; i < first + nr; i++)
        if (s->pages[i].kind != NONE)
            return false;
    return true;
}

/* One VMA, whatever the splits and merges. */
static bool is_uniform(const struct space *s, unsigned first, unsigned nr)
{
    const struct page *p = &s->pages[first];

    for (unsigned i = 0; i < nr; i++)
        if (p[i].kind == NONE || p[i].kind != p->kind || p[i].flags != p->flags ||
            (p->kind == SHARED && (p[i].object != p->object || p[i].index != p->index + i)))
            return false;
    return true;
}

static bool has_hole(const struct space *s, unsigned nr)
{
    for (unsigned i = 0; i + nr <= NR_PAGES; i++)
        if (none_mapped(s, i, nr))
            return true;
    return false;
}

/* Compare the tables' entry of a page with the model. */
static void check_page(struct space *s, unsigned i)
{
    struct page *p = &s->pages[i];
    struct vspace_translation t;
    const uint64_t *words;

    vspace_query(s->vs, addr_of(i), &t);
    if (!t.is_mapped) {
        assert_true(p->kind == SHARED || p->value == 0); /* else its contents are lost */
        return;
    }
    assert_int_not_equal(p->kind, NONE);
    assert_true(t.page_size == PAGE_SIZE);
    if (t.rights & VMA_WRITE)
        assert_true(p->flags & VMA_WRITE);
    if (t.rights & VMA_READ)
        assert_true(p->flags & (VMA_READ | VMA_WRITE));
    if (t.rights & VMA_EXEC)
        assert_true(p->flags & VMA_EXEC);
    words = phys_to_virt(t.pa);
    assert_true(words[0] == *value_of(p));
    assert_true(words[PAGE_SIZE / 8 - 1] == *value_of(p));
}

static void check_all(void)
{
    for (unsigned k = 0; k < NR_SPACES; k++) {
        struct space *s = &spaces[k];
        uint64_t nr_mapped = 0, nr_resident = 0;

        if (s->vs == NULL)
            continue;
        for (unsigned i = 0; i < NR_PAGES; i++) {
            struct vspace_translation t;

            check_page(s, i);
            vspace_query(s->vs, addr_of(i), &t);
            nr_resident += t.is_mapped;
            nr_mapped += s->pages[i].kind != NONE;
        }
        assert_true(s->vs->nr_bytes == nr_mapped * PAGE_SIZE);
        assert_true(s->vs->nr_resident == nr_resident);
    }
}

/* --- operations ------------------------------------------------------------------------------- */

static uint32_t any_rights(void)
{
    static const uint32_t rights[] = {
        0,        VMA_READ, VMA_READ | VMA_WRITE,           VMA_READ | VMA_WRITE,
        VMA_EXEC, VMA_READ, VMA_READ | VMA_WRITE | VMA_EXEC};

    return rights[below(ARRAY_SIZE(rights))];
}

static void any_range(unsigned *first, unsigned *nr)
{
    *first = below(NR_PAGES);
    *nr = 1 + below(MIN(NR_PAGES - *first, below(4) == 0 ? NR_PAGES : 12));
}

static void forget(struct space *s, unsigned first, unsigned nr)
{
    memset(&s->pages[first], 0, nr * sizeof(s->pages[0]));
}

static void do_map(struct space *s)
{
    struct vspace_map_request r = {.flags = any_rights(), .ops = &vma_anonymous};
    unsigned first, nr, object = 0;
    bool is_shared = below(4) == 0;
    uint64_t addr = 0;
    int err;

    any_range(&first, &nr);
    r.addr = addr_of(first);
    r.size = nr * PAGE_SIZE;
    if (is_shared) {
        object = below(NR_OBJECTS);
        r.ops = &vma_shared;
        r.object = objects[object];
        r.offset = below(NR_SHARED) * PAGE_SIZE;
        r.flags |= VMA_SHARED | (r.flags & VMA_WRITE || below(2) ? VMA_MAY_WRITE : 0);
        if (!(r.flags & VMA_EXEC) && below(4) == 0)
            r.flags |= VMA_NEVER_EXEC;
    }
    switch (below(4)) {
    case 0:
        r.options = VSPACE_FIXED;
        break;
    case 1:
        r.options = VSPACE_FIXED | VSPACE_NO_REPLACE;
        break;
    case 2:
        r.addr = 0;
        break;
    default:
        break;
    }
    if (below(4) == 0)
        r.options |= VSPACE_POPULATE;
    err = vspace_map(s->vs, &r, &addr);
    if (r.options & VSPACE_NO_REPLACE && !none_mapped(s, first, nr)) {
        assert_true(err == -EEXIST || (err == -ENOMEM && may_fail));
        return;
    }
    if (!(r.options & VSPACE_FIXED) && err == -ENOMEM) {
        assert_true(may_fail || !has_hole(s, nr));
        return;
    }
    if (!is_done(err, 0))
        return;
    assert_true(addr >= BASE && addr % PAGE_SIZE == 0 && addr + r.size <= LIMIT);
    if (r.options & VSPACE_FIXED || (r.addr != 0 && none_mapped(s, first, nr)))
        assert_true(addr == r.addr);
    first = (unsigned)((addr - BASE) / PAGE_SIZE);
    if (!(r.options & VSPACE_FIXED))
        assert_true(none_mapped(s, first, nr));
    for (unsigned i = 0; i < nr; i++) {
        s->pages[first + i] = (struct page){
            .kind = is_shared ? SHARED : PRIVATE,
            .flags = r.flags,
            .object = object,
            .index = is_shared ? (unsigned)(r.offset / PAGE_SIZE) + i : 0,
        };
    }
}

static void do_unmap(struct space *s)
{
    unsigned first, nr;

    any_range(&first, &nr);
    if (is_done(vspace_unmap(s->vs, addr_of(first), nr * PAGE_SIZE), 0))
        forget(s, first, nr);
}

static uint32_t flags_now(struct space *s, unsigned page)
{
    struct vma *vma = vspace_find(s->vs, addr_of(page));

    return vma && vma->start <= addr_of(page) ? vma->flags : 0;
}

/* How many of the pages are protected before the first that cannot be, and what that is. */
static unsigned protectable(const struct space *s, unsigned first, unsigned nr, uint32_t rights,
                            int *err)
{
    for (unsigned i = 0; i < nr; i++) {
        const struct page *p = &s->pages[first + i];

        *err = p->kind == NONE ? -ENOMEM : 0;
        if (p->kind == SHARED && rights & VMA_WRITE && !(p->flags & VMA_MAY_WRITE))
            *err = -EACCES;
        if (p->kind != NONE && rights & VMA_EXEC && p->flags & VMA_NEVER_EXEC)
            *err = -EACCES;
        if (*err)
            return i;
    }
    return nr;
}

static void do_protect(struct space *s)
{
    uint32_t rights = any_rights();
    unsigned first, nr;
    int expected = 0, err;

    any_range(&first, &nr);
    err = vspace_protect(s->vs, addr_of(first), nr * PAGE_SIZE, rights);
    nr = protectable(s, first, nr, rights, &expected);
    if (err == -ENOMEM && may_fail) { /* on the way: what was protected stays so */
        for (unsigned i = 0; i < nr; i++)
            if ((flags_now(s, first + i) & VMA_RIGHTS) != rights)
                nr = i;
    } else {
        assert_int_equal(err, expected);
    }
    for (unsigned i = first; i < first + nr; i++)
        s->pages[i].flags = (s->pages[i].flags & ~VMA_RIGHTS) | rights;
}

/* Holes are stepped over, and reported in the end. */
static void do_set_flags(struct space *s)
{
    static const uint32_t flags[] = {VMA_NO_FORK, VMA_WIPE_FORK};
    uint32_t flag = flags[below(2)], set = below(3) == 0 ? flag : 0, clear = set ? 0 : flag;
    unsigned first, nr;
    int err;

    any_range(&first, &nr);
    err = vspace_set_flags(s->vs, addr_of(first), nr * PAGE_SIZE, set, clear);
    if (err != -ENOMEM || !may_fail)
        assert_int_equal(err, all_mapped(s, first, nr) ? 0 : -ENOMEM);
    for (unsigned i = first; i < first + nr; i++) {
        struct page *p = &s->pages[i];
        uint32_t changed = (p->flags & ~clear) | set;

        if (p->kind != NONE && (err == 0 || !may_fail || flags_now(s, i) == changed))
            p->flags = changed;
    }
}

static void do_discard(struct space *s)
{
    unsigned first, nr;
    int err;

    any_range(&first, &nr);
    err = vspace_discard(s->vs, addr_of(first), nr * PAGE_SIZE);
    assert_int_equal(err, all_mapped(s, first, nr) ? 0 : -ENOMEM);
    for (unsigned i = first; i < first + nr; i++)
        s->pages[i].value = 0;
}

static void do_access(struct space *s)
{
    static const uint32_t accesses[] = {VMA_READ, VMA_WRITE, VMA_WRITE, VMA_EXEC};
    uint32_t access = accesses[below(ARRAY_SIZE(accesses))];
    unsigned i = below(NR_PAGES);
    struct page *p = &s->pages[i];
    int expected = expected_fault(p, access);
    struct vspace_translation t;

    for (unsigned tries = 0;; tries++) {
        vspace_query(s->vs, addr_of(i), &t);
        if (t.is_mapped && t.rights & access)
            break;
        /* A fault is resolved at once, for a shared page that is written in two steps at most. */
        assert_true(tries < 3);
        if (!is_done(vspace_fault(s->vs, addr_of(i) + below(PAGE_SIZE), access), expected))
            return;
    }
    assert_int_equal(expected, 0);
    check_page(s, i);
    if (access == VMA_WRITE) {
        uint64_t *words = phys_to_virt(t.pa);

        words[0] = words[PAGE_SIZE / 8 - 1] = *value_of(p) = ++next_value;
    }
}

static void do_copy(struct space *s)
{
    uint64_t bytes[2];
    unsigned i = below(NR_PAGES);
    int expected = expected_fault(&s->pages[i], VMA_READ);
    ssize_t done = vspace_copy_out(s->vs, bytes, addr_of(i), 8);

    if (expected == 0 && done == 8)
        assert_true(bytes[0] == *value_of(&s->pages[i]));
    else if (!(done == -ENOMEM && may_fail))
        assert_int_equal(done, expected);
}

static void do_populate(struct space *s)
{
    unsigned first, nr;
    int expected = 0, err;

    any_range(&first, &nr);
    for (unsigned i = first; i < first + nr && expected == 0; i++)
        expected = expected_fault(&s->pages[i], VMA_READ);
    err = vspace_populate(s->vs, addr_of(first), nr * PAGE_SIZE, VMA_READ);
    is_done(err, expected);
}

static void move_pages(struct space *s, unsigned from, unsigned to, unsigned nr_old,
                       unsigned nr_new, bool keeps_old)
{
    struct page moved[NR_PAGES] = {0};

    for (unsigned i = 0; i < nr_new; i++) {
        moved[i] = s->pages[from];
        moved[i].index += i;
        moved[i].value = i < nr_old ? s->pages[from + i].value : 0;
    }
    for (unsigned i = 0; i < nr_old; i++)
        if (!keeps_old)
            s->pages[from + i] = (struct page){0};
        else if (i < nr_new)
            s->pages[from + i].value = 0;
    memcpy(&s->pages[to], moved, nr_new * sizeof(moved[0]));
}

static void do_remap(struct space *s)
{
    static const uint32_t choices[] = {0, VSPACE_REMAP_MAY_MOVE, VSPACE_REMAP_MAY_MOVE,
                                       VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_FIXED,
                                       VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_KEEP};
    uint32_t options = choices[below(ARRAY_SIZE(choices))];
    unsigned first, nr, to, nr_new;
    uint64_t addr = 0;
    int err;

    any_range(&first, &nr);
    any_range(&to, &nr_new);
    if (options & VSPACE_REMAP_KEEP)
        nr_new = nr;
    if (below(4) == 0 && first >= nr_new)
        to = first - nr_new; /* side by side with the old place */
    err = vspace_remap(s->vs, addr_of(first), nr * PAGE_SIZE, nr_new * PAGE_SIZE, options,
                       options & VSPACE_REMAP_FIXED ? addr_of(to) : 0, &addr);
    if (err == -ENOMEM) {
        if (options & VSPACE_REMAP_FIXED) {
            /* As on Linux, what was at the new place may be gone. */
            assert_true(may_fail);
            for (unsigned i = to; i < to + nr_new; i++)
                if (vspace_find(s->vs, addr_of(i)) == NULL ||
                    vspace_find(s->vs, addr_of(i))->start > addr_of(i))
                    forget(s, i, 1);
        } else {
            assert_true(may_fail || !(options & VSPACE_REMAP_MAY_MOVE) || !has_hole(s, nr_new));
        }
        return;
    }
    if (err == -EFAULT) {
        assert_true(may_fail || !is_uniform(s, first, nr));
        return;
    }
    if (err == -EINVAL) {
        assert_true(options & VSPACE_REMAP_FIXED && to < first + nr && first < to + nr_new);
        return;
    }
    assert_int_equal(err, 0);
    assert_true(is_uniform(s, first, nr));
    to = (unsigned)((addr - BASE) / PAGE_SIZE);
    if (addr == addr_of(first) && nr_new <= nr) {
        forget(s, first + nr_new, nr - nr_new);
    } else if (addr == addr_of(first)) {
        assert_true(none_mapped(s, first + nr, nr_new - nr));
        for (unsigned i = nr; i < nr_new; i++) {
            s->pages[first + i] = s->pages[first];
            s->pages[first + i].value = 0;
            s->pages[first + i].index += i;
        }
    } else {
        if (options & VSPACE_REMAP_FIXED)
            forget(s, to, nr_new);
        assert_true(none_mapped(s, to, nr_new));
        move_pages(s, first, to, nr, nr_new, options & VSPACE_REMAP_KEEP);
    }
}

static void do_fork(struct space *s)
{
    struct space *child = NULL;
    int err;

    for (unsigned k = 0; k < NR_SPACES; k++)
        if (spaces[k].vs == NULL)
            child = &spaces[k];
    if (child == NULL)
        return;
    child->vs = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    if (child->vs == NULL) {
        assert_true(may_fail);
        return;
    }
    err = vspace_fork(child->vs, s->vs);
    if (!is_done(err, 0)) {
        assert_int_equal(child->vs->nr_vmas, 0);
        vspace_put(child->vs);
        child->vs = NULL;
        return;
    }
    memcpy(child->pages, s->pages, sizeof(child->pages));
    for (unsigned i = 0; i < NR_PAGES; i++)
        if (s->pages[i].flags & VMA_NO_FORK)
            forget(child, i, 1);
        else if (s->pages[i].flags & VMA_WIPE_FORK)
            child->pages[i].value = 0;
}

static void space_end(struct space *s)
{
    vspace_put(s->vs);
    memset(s, 0, sizeof(*s));
}

static void do_end(struct space *s)
{
    unsigned nr_others = 0;

    for (unsigned k = 0; k < NR_SPACES; k++)
        nr_others += spaces[k].vs != NULL && &spaces[k] != s;
    if (nr_others > 0)
        space_end(s);
}

static void step(void)
{
    static void (*const operations[])(struct space * s) = {
        do_map,    do_map,    do_map,    do_unmap,     do_protect,  do_protect, do_discard,
        do_access, do_access, do_access, do_access,    do_access,   do_access,  do_access,
        do_copy,   do_remap,  do_remap,  do_set_flags, do_populate, do_fork,    do_end,
    };
    struct space *s;

    do {
        s = &spaces[below(NR_SPACES)];
    } while (s->vs == NULL);
    operations[below(ARRAY_SIZE(operations))](s);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* The n-th allocation fails (0: none does). True: it came to that. */
static bool run(uint64_t seed, unsigned nr_steps, uint64_t nth)
{
    uint64_t hits;

    prng_init(&prng, seed);
    next_value = 0;
    may_fail = false;
    memset(shared_values, 0, sizeof(shared_values));
    for (unsigned i = 0; i < NR_OBJECTS; i++) {
        objects[i] = vma_shared_create(NR_SHARED * PAGE_SIZE);
        assert_non_null(objects[i]);
    }
    spaces[0].vs = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    assert_non_null(spaces[0].vs);
    hits = alloc_fail_hits();
    alloc_fail_set(nth);
    for (unsigned i = 0; i < nr_steps; i++) {
        may_fail = nth != 0;
        step();
        if (nth != 0 || i % 8 == 0)
            check_all();
    }
    alloc_fail_set(0);
    check_all();
    for (unsigned k = 0; k < NR_SPACES; k++)
        if (spaces[k].vs != NULL)
            space_end(&spaces[k]);
    for (unsigned i = 0; i < NR_OBJECTS; i++)
        vma_shared_put(objects[i]);
    return alloc_fail_hits() != hits;
}

static void run_and_count(uint64_t seed, unsigned nr_steps, uint64_t nth, bool *has_failed)
{
    uint64_t nr_free = nr_free_frames(), used = nr_used_bytes();

    *has_failed = run(seed, nr_steps, nth);
    assert_true(nr_used_bytes() == used);
    assert_true(nr_free_frames() == nr_free);
}

static void test_random(void **state)
{
    uint64_t seed = first_seed();
    bool has_failed;

    (void)state;
    for (unsigned i = 0; i < 150; i++, seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run_and_count(seed, 600, 0, &has_failed);
    }
}

static void test_every_allocation_fails(void **state)
{
    uint64_t seed = first_seed();

    (void)state;
    for (unsigned i = 0; i < 8; i++, seed++) {
        bool has_failed = true;
        uint64_t nth;

        for (nth = 1; has_failed; nth++) {
            print_message("seed %llu, allocation %llu\n", (unsigned long long)seed,
                          (unsigned long long)nth);
            run_and_count(seed, 120, nth, &has_failed);
        }
        assert_true(nth > 20);
    }
}

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0)
        return -1;
    (void)run(0, 600, 0); /* what is allocated once and kept: magazines, descriptors */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_every_allocation_fails),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
