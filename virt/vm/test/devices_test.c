/*
 * What a machine's devices and its console give a guest: output and input by each way there is, the
 * flash banks through reads, programming and reboots.
 */
#include "world.h"

#define BUFFER (RAM + MIB(1))

/* ---- output ---- */

static void prints(struct vcpu *v)
{
    struct host_sbi r;

    (void)call(v, SBI_EXT_LEGACY_PUTCHAR, 0, 'a', 0);
    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, 'b', 0).error, SBI_SUCCESS);
    store(v, UART, 1, 'c');
    write_memory(v, BUFFER - 3, "defghi", 6); /* over the end of a page */
    r = call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, 6, BUFFER - 3);
    assert_int_equal(r.error, SBI_SUCCESS);
    assert_int_equal(r.value, 6);
    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, 0, BUFFER).value, 0);
    (void)call(v, SBI_EXT_LEGACY_PUTCHAR, 0, '\n', 0);
    shut_down(v);
}

static void output(void **state)
{
    assert_true(run_once(prints));
    assert_non_null(strstr(shown, "abcdefghi"));
}

/* A guest is told how much of a long buffer went; the rest only has to be memory. */
static void prints_much(struct vcpu *v)
{
    const uint64_t sizes[] = {4095, 4096, 4097, MIB(1)};
    struct host_sbi r;

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        r = call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, sizes[i], BUFFER);
        assert_int_equal(r.error, SBI_SUCCESS);
        assert_int_equal(r.value, MIN(sizes[i], 4096));
    }
    shut_down(v);
}

static void long_output(void **state)
{
    assert_true(run_once(prints_much));
}

static void prints_from_nowhere(struct vcpu *v)
{
    const uint64_t bad[][2] = {
        {1, RAM - 1}, {2, RAM + MIB(8) - 1},       {MIB(9), RAM},  {UINT64_MAX, RAM},
        {1, UART},    {8, FLASH + FLASH_SIZE - 4}, {1, UINT64_MAX}};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, bad[i][0], bad[i][1]).error,
                         SBI_ERR_INVALID_PARAM);
        assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_READ, bad[i][0], bad[i][1]).error,
                         SBI_ERR_INVALID_PARAM);
    }
    assert_int_equal(host_guest_call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, 1, BUFFER, 1).error,
                     SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(v, SBI_EXT_DBCN, 3, 0, 0).error, SBI_ERR_NOT_SUPPORTED);
    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_READ, 1, FLASH).error, SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_WRITE, 1, FLASH).error, SBI_SUCCESS);
    shut_down(v);
}

static void with_flash(const char *image)
{
    config.nr_flash = 1;
    config.flash[0] = (struct guest_flash){GPA(FLASH), FLASH_SIZE, false, {0}, image};
}

static void buffers_that_are_none(void **state)
{
    with_flash("flash");
    assert_true(run_once(prints_from_nowhere));
    assert_string_equal(shown, "\x01"); /* the one byte of the flash */
}

/* ---- input ---- */

static void type(const char *bytes)
{
    console_received(bytes, strlen(bytes));
}

static void reads_by_calls(struct vcpu *v)
{
    char text[16] = {0};
    struct host_sbi r;

    assert_int_equal(call(v, SBI_EXT_LEGACY_GETCHAR, 0, 0, 0).error, 't');
    r = call(v, SBI_EXT_DBCN, SBI_DBCN_READ, 3, BUFFER - 1);
    assert_int_equal(r.error, SBI_SUCCESS);
    assert_int_equal(r.value, 3);
    r = call(v, SBI_EXT_DBCN, SBI_DBCN_READ, 100, BUFFER + 2);
    assert_int_equal(r.value, 2); /* all there is: it does not wait */
    read_memory(v, BUFFER - 1, text, 6);
    assert_memory_equal(text, "yped\xff", 6);
    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_READ, 100, BUFFER).value, 0);
    assert_int_equal(call(v, SBI_EXT_LEGACY_GETCHAR, 0, 0, 0).error, -1);
    shut_down(v);
}

static void input_by_calls(void **state)
{
    struct vm *vm;

    config.has_uart = false;
    vm = create();
    type("typed\xff"); /* before it runs */
    assert_true(run(vm, reads_by_calls));
    vm_destroy(vm);
}

#define CLAIM (GUESTDT_PLIC_BASE + 0x200004) /* of hart 0 */

static void reads_the_uart(struct vcpu *v)
{
    store(v, UART + 1, 1, 1); /* interrupt when something is received */
    store(v, GUESTDT_PLIC_BASE + 4 * GUESTDT_UART_IRQ, 4, 1);
    store(v, GUESTDT_PLIC_BASE + 0x2000, 4, 1u << GUESTDT_UART_IRQ);
    for (const char *c = "typed"; *c; c++) {
        assert_int_equal(v->irqs & GUEST_IRQ_EXTERNAL, GUEST_IRQ_EXTERNAL);
        assert_int_equal(load(v, UART + 5, 1) & 1, 1);
        assert_int_equal(load(v, UART, 1), *c);
    }
    assert_int_equal(load(v, UART + 5, 1) & 1, 0);
    assert_int_equal(load(v, CLAIM, 4), GUESTDT_UART_IRQ);
    store(v, CLAIM, 4, GUESTDT_UART_IRQ);
    assert_int_equal(v->irqs & GUEST_IRQ_EXTERNAL, 0);
    type("x");
    assert_int_equal(host_guest_wait(v, GUEST_IRQ_EXTERNAL), GUEST_IRQ_EXTERNAL);
    assert_int_equal(load(v, CLAIM, 4), GUESTDT_UART_IRQ);
    assert_int_equal(load(v, UART, 1), 'x');
    store(v, CLAIM, 4, GUESTDT_UART_IRQ);
    assert_int_equal(v->irqs & GUEST_IRQ_EXTERNAL, 0);
    shut_down(v);
}

static void input_by_the_uart(void **state)
{
    struct vm *vm = create();

    type("typed");
    assert_true(run(vm, reads_the_uart));
    vm_destroy(vm);
}

/* What is typed ahead waits, as much as there is room for, and reaches the guest whole. */
static void reads_all(struct vcpu *v)
{
    static uint8_t back[VCONSOLE_INPUT_SIZE];

    assert_int_equal(call(v, SBI_EXT_DBCN, SBI_DBCN_READ, sizeof(back), BUFFER).value,
                     sizeof(back));
    read_memory(v, BUFFER, back, sizeof(back));
    for (unsigned i = 0; i < sizeof(back); i++)
        assert_int_equal(back[i], 'a' + i % 26);
    assert_int_equal(console_input_room(), VCONSOLE_INPUT_SIZE);
    shut_down(v);
}

static void typed_ahead(void **state)
{
    struct vm *vm = create();
    char c;

    for (unsigned i = 0; i < VCONSOLE_INPUT_SIZE; i++) {
        assert_int_equal(console_input_room(), VCONSOLE_INPUT_SIZE - i);
        c = (char)('a' + i % 26);
        console_received(&c, 1);
    }
    assert_int_equal(console_input_room(), 0);
    assert_true(run(vm, reads_all));
    vm_destroy(vm);
}

/* ---- flash ---- */

static void word_program(struct vcpu *v, uint64_t offset, uint32_t value)
{
    store(v, FLASH + offset, 4, 0x00400040);
    store(v, FLASH + offset, 4, value);
    assert_int_equal(load(v, FLASH, 4), 0x00800080); /* status: done, and no error */
    store(v, FLASH, 4, 0x00ff00ff);
}

static void assert_flash(struct vcpu *v, uint64_t offset, uint32_t value)
{
    assert_int_equal(load(v, FLASH + offset, 4), value);
}

static uint32_t of_image(uint64_t offset)
{
    uint32_t value;

    memcpy(&value, flash_image + offset, 4);
    return value;
}

static unsigned nr_boots;

static void uses_flash(struct vcpu *v)
{
    uint64_t value;

    assert_flash(v, 0, nr_boots == 0 ? of_image(0) : of_image(0) & 0x12345678);
    assert_flash(v, 4096, of_image(4096));
    assert_flash(v, sizeof(flash_image), 0xffffffff); /* behind the image, in its last page */
    assert_flash(v, FLASH_SIZE - 4, nr_boots == 0 ? 0xffffffff : 0xcafef00d);
    assert_false(host_guest_load(v, FLASH, 4, &value)); /* memory: no exit */
    if (nr_boots++ == 0) {
        word_program(v, 0, 0x12345678);
        word_program(v, FLASH_SIZE - 4, 0xcafef00d);
        assert_flash(v, 0, of_image(0) & 0x12345678); /* programming clears bits */
        reset(v, SBI_RESET_COLD, SBI_REASON_NONE);
    }
    shut_down(v);
}

/* Contents outlive a reboot, and end with the machine. */
static void flash_keeps_what_is_programmed(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        nr_boots = 0;
        with_flash("flash");
        assert_true(run_once(uses_flash));
        assert_int_equal(nr_boots, 2);
    }
}

/* A command takes the pages out of the guest's memory; read mode gives them back. */
static void gives_commands(struct vcpu *v)
{
    struct vspace *vs = &v->set->gstage->vs;
    struct vspace_translation t;
    uint64_t value;

    assert_flash(v, 0, of_image(0));
    vspace_query(vs, FLASH, &t);
    assert_true(t.is_mapped && !(t.rights & VMA_WRITE));
    store(v, FLASH, 4, 0x00980098); /* query */
    vspace_query(vs, FLASH, &t);
    assert_false(t.is_mapped);
    assert_true(host_guest_load(v, FLASH + 0x40, 4, &value));
    assert_int_equal(value, 0x00510051); /* 'Q' of each chip */
    store(v, FLASH, 4, 0x00ff00ff);
    assert_flash(v, 0, of_image(0));
    shut_down(v);
}

static void flash_is_memory_while_it_is_read(void **state)
{
    with_flash("flash");
    assert_true(run_once(gives_commands));
}

/* Programs a word in each page, until the host has no more. */
static void programs_all(struct vcpu *v)
{
    for (uint64_t offset = 0; offset < FLASH_SIZE; offset += PAGE_SIZE) {
        store(v, FLASH + offset, 4, 0x00400040);
        store(v, FLASH + offset, 4, offset);
    }
    shut_down(v);
}

/* The guest that programs too much is stopped; another has what it was promised. */
static void flash_beyond_the_hosts_memory(void **state)
{
    struct vm *greedy, *other;
    const char *problem;
    uint64_t mib = 64;

    with_flash(NULL);
    config.memory_bytes = MIB(4);
    greedy = create();
    config.nr_flash = 0;
    do { /* all that is left, but for less than a MiB */
        config.memory_bytes = MIB(--mib);
        other = vm_create(&config, &problem);
    } while (!other);
    assert_false(run(greedy, programs_all));
    assert_true(has_logged("the host has no memory left for its flash"));
    vm_destroy(greedy);
    vm_destroy(other);
    with_flash(NULL);
    config.memory_bytes = MIB(4);
    assert_true(run_once(programs_all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output),
        TEST(long_output),
        TEST(buffers_that_are_none),
        TEST(input_by_calls),
        TEST(input_by_the_uart),
        TEST(typed_ahead),
        TEST(flash_keeps_what_is_programmed),
        TEST(flash_is_memory_while_it_is_read),
        TEST(flash_beyond_the_hosts_memory),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
