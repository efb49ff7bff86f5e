/*
 * The layout of a new program's stack, read back as a program would; and first lines of scripts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <string/string.h>
#include <userstack/auxv.h>
#include <userstack/userstack.h>

#define TOP 0x3fffff0000ull

/* One behind the other in a buffer that lives as long as the test. */
static struct strings make(char *buf, const char *const *array)
{
    struct strings s = {.data = buf};

    for (; *array; array++) {
        size_t length = strlen(*array) + 1;

        memcpy(buf + s.size, *array, length);
        s.size += length;
        s.count++;
    }
    return s;
}

static const char *at(const struct stack_layout *l, uint64_t addr)
{
    assert_true(addr >= l->sp && addr < TOP);
    return l->block + (addr - l->sp);
}

static uint64_t aux_value(const uint64_t *aux, uint64_t key)
{
    for (; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == key)
            return aux[1];
    fail_msg("key %lu is not in the vector", (unsigned long)key);
    return 0;
}

static void layout_reads_back(void **state)
{
    static const char *const args[] = {"/bin/prog", "a b", "", "c", NULL};
    static const char *const env[] = {"X=1", "LONG=value of it", NULL};
    char arg_text[64], env_text[64];
    struct strings argv = make(arg_text, args), envp = make(env_text, env);
    struct loaded loaded = {
        .entry = 0x1234, .phdrs = 0x10040, .nr_phdrs = 9, .interp_base = 0x77000};
    struct startup startup = {.platform = "riscv64",
                              .argv = &argv,
                              .envp = &envp,
                              .path = "/bin/prog",
                              .loaded = &loaded,
                              .uid = 5,
                              .euid = 6,
                              .gid = 7,
                              .egid = 8,
                              .is_secure = true};
    uint8_t random[16];
    struct stack_layout l;
    const uint64_t *word;

    (void)state;
    for (int i = 0; i < 16; i++)
        random[i] = (uint8_t)(i * 17 + 1);
    assert_int_equal(stack_build(&startup, TOP, random, 0x112d, &l), 0);
    assert_int_equal(l.sp % 16, 0);
    assert_int_equal(l.sp + l.size, TOP);
    word = (const uint64_t *)l.block;
    assert_int_equal(*word++, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(at(&l, *word++), args[i]);
    assert_int_equal(*word++, 0);
    for (int i = 0; i < 2; i++)
        assert_string_equal(at(&l, *word++), env[i]);
    assert_int_equal(*word++, 0);
    assert_int_equal(aux_value(word, AT_PHDR), 0x10040);
    assert_int_equal(aux_value(word, AT_PHNUM), 9);
    assert_int_equal(aux_value(word, AT_ENTRY), 0x1234);
    assert_int_equal(aux_value(word, AT_BASE), 0x77000);
    assert_int_equal(aux_value(word, AT_PAGESZ), 4096);
    assert_int_equal(aux_value(word, AT_EUID), 6);
    assert_int_equal(aux_value(word, AT_SECURE), 1);
    assert_int_equal(aux_value(word, AT_HWCAP), 0x112d);
    assert_memory_equal(at(&l, aux_value(word, AT_RANDOM)), random, 16);
    assert_string_equal(at(&l, aux_value(word, AT_EXECFN)), "/bin/prog");
    assert_string_equal(at(&l, aux_value(word, AT_PLATFORM)), "riscv64");
    assert_string_equal(at(&l, l.arg_start), "/bin/prog");
    assert_string_equal(at(&l, l.env_start), "X=1");
    heap_free(l.block);
}

static void empty_lists(void **state)
{
    static const char *const none[] = {NULL};
    char text[1];
    struct strings argv = make(text, none), envp = make(text, none);
    struct loaded loaded = {0};
    struct startup startup = {
        .argv = &argv, .envp = &envp, .path = "x", .platform = "riscv64", .loaded = &loaded};
    uint8_t random[16] = {0};
    struct stack_layout l;
    const uint64_t *word;

    (void)state;
    assert_int_equal(stack_build(&startup, TOP, random, 0, &l), 0);
    word = (const uint64_t *)l.block;
    assert_int_equal(word[0], 0);
    assert_int_equal(word[1], 0);
    assert_int_equal(word[2], 0);
    assert_int_equal(word[3], AT_PHDR);
    heap_free(l.block);
}

static int parse(const char *line, struct script *script)
{
    return script_parse(line, strlen(line), script);
}

static void script_lines(void **state)
{
    char longest[SCRIPT_LINE_MAX];
    struct script s;

    (void)state;
    assert_int_equal(parse("#!/bin/sh\necho", &s), 0);
    assert_string_equal(s.interpreter, "/bin/sh");
    assert_string_equal(s.argument, "");
    assert_int_equal(parse("#!  /bin/sh \t -e  x \n", &s), 0);
    assert_string_equal(s.interpreter, "/bin/sh");
    assert_string_equal(s.argument, "-e  x");
    assert_int_equal(parse("#!/bin/sh", &s), 0);
    assert_int_equal(parse("#!\n", &s), -ENOEXEC);
    assert_int_equal(parse("#!   \n", &s), -ENOEXEC);
    memset(longest, 'a', sizeof(longest));
    longest[0] = '#';
    longest[1] = '!';
    assert_int_equal(script_parse(longest, sizeof(longest), &s), -ENOEXEC);
}

static int set_up(void **state)
{
    static const struct frame_range ram = {{0x80000000}, MIB(16)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_reads_back),
        cmocka_unit_test(empty_lists),
        cmocka_unit_test(script_lines),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
