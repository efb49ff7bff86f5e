/*
 * The 16550A model as a driver sees it: transmission, reception, each interrupt cause, loop-back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vuart/vuart.h>

static struct vuart uart;
static char sent[64];
static size_t nr_sent;
static bool is_raised;
static const char *typed; /* what comes in */

static void transmit(void *ctx, uint8_t byte)
{
    (void)ctx;
    sent[nr_sent++] = (char)byte;
}

static bool receive(void *ctx, uint8_t *byte)
{
    (void)ctx;
    if (!typed || !*typed)
        return false;
    *byte = (uint8_t)*typed++;
    return true;
}

static void type(const char *text)
{
    typed = text;
    vuart_poll(&uart);
}

static void irq_set(void *ctx, unsigned irq, bool level)
{
    (void)ctx;
    assert_int_equal(irq, 10);
    is_raised = level;
}

static uint8_t rd(uint64_t reg)
{
    return (uint8_t)uart.dev.ops->read(&uart.dev, reg, 1);
}

static void wr(uint64_t reg, uint8_t value)
{
    uart.dev.ops->write(&uart.dev, reg, 1, value);
}

static int setup(void **state)
{
    (void)state;
    nr_sent = 0;
    is_raised = false;
    memset(sent, 0, sizeof(sent));
    typed = NULL;
    vuart_init(&uart, "uart", GPA(0x10000000), (struct vdev_irq){irq_set, NULL, 10},
               (struct vuart_line){transmit, receive, NULL});
    return 0;
}

static void test_transmits(void **state)
{
    (void)state;
    for (const char *c = "hi\n"; *c; c++) {
        assert_int_equal(rd(5) & 0x60, 0x60);
        wr(0, (uint8_t)*c);
    }
    assert_string_equal(sent, "hi\n");
    assert_false(is_raised);
}

static void test_divisor_latch_hides_data(void **state)
{
    (void)state;
    wr(3, 0x80);
    wr(0, 0x01);
    wr(1, 0x02);
    assert_int_equal(rd(0), 0x01);
    assert_int_equal(rd(1), 0x02);
    wr(3, 0x03);
    assert_int_equal(nr_sent, 0);
    assert_int_equal(rd(1), 0);
}

static void test_receive_interrupt_follows_the_fifo(void **state)
{
    (void)state;
    wr(1, 0x01);
    assert_false(is_raised);
    assert_int_equal(rd(2), 0x01);
    type("ab");
    assert_true(is_raised);
    assert_int_equal(rd(2), 0x04);
    assert_int_equal(rd(5) & 1, 1);
    assert_int_equal(rd(0), 'a');
    assert_true(is_raised);
    assert_int_equal(rd(0), 'b');
    assert_false(is_raised);
    assert_int_equal(rd(5) & 1, 0);
    assert_int_equal(rd(0), 0);
}

static void test_holding_register_interrupt(void **state)
{
    (void)state;
    wr(1, 0x02);
    assert_true(is_raised);
    assert_int_equal(rd(2), 0x02); /* reading the cause takes it away */
    assert_false(is_raised);
    assert_int_equal(rd(2), 0x01);
    wr(0, 'x');
    assert_true(is_raised);
    wr(1, 0);
    assert_false(is_raised);
}

/* Only what it sends to itself comes without asking for room. */
static void test_overrun_is_told_once(void **state)
{
    (void)state;
    wr(4, 0x10);
    wr(1, 0x04);
    for (int i = 0; i < VUART_RX_FIFO; i++)
        wr(0, (uint8_t)i);
    assert_false(is_raised);
    wr(0, 'x');
    assert_true(is_raised);
    assert_int_equal(rd(2), 0x06);
    assert_int_equal(rd(5) & 2, 2);
    assert_int_equal(rd(5) & 2, 0);
    assert_false(is_raised);
    for (int i = 0; i < VUART_RX_FIFO; i++)
        assert_int_equal(rd(0), i);
}

/* More than the FIFO holds waits outside, and follows as it is read. */
static void test_takes_what_it_has_room_for(void **state)
{
    char text[3 * VUART_RX_FIFO + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = (char)('a' + i % 26);
    text[sizeof(text) - 1] = 0;
    type(text);
    assert_ptr_equal(typed, text + VUART_RX_FIFO);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        assert_int_equal(rd(5) & 3, 1);
        assert_int_equal(rd(0), text[i]);
    }
    assert_int_equal(rd(5) & 3, 0);
}

static void test_reset_forgets(void **state)
{
    (void)state;
    wr(1, 0x01);
    type("a");
    assert_true(is_raised);
    vuart_reset(&uart);
    assert_false(is_raised);
    assert_int_equal(rd(5) & 1, 0);
    assert_int_equal(rd(1), 0);
    assert_int_equal(rd(4), 0x08);
}

static void test_fifo_control(void **state)
{
    (void)state;
    assert_int_equal(rd(2) & 0xc0, 0);
    type("a");
    wr(2, 0x07);
    assert_int_equal(rd(2) & 0xc0, 0xc0);
    assert_int_equal(rd(5) & 1, 0);
}

static void test_loop_back(void **state)
{
    (void)state;
    wr(4, 0x1f);
    assert_int_equal(rd(6), 0xf0);
    wr(0, 'l');
    assert_int_equal(nr_sent, 0);
    assert_int_equal(rd(0), 'l');
    wr(4, 0x10);
    assert_int_equal(rd(6), 0x00);
}

/* Whatever a guest writes wherever: nothing but transmission happens. The sanitizers watch. */
static void test_hostile_accesses(void **state)
{
    uint64_t x = 1;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        nr_sent = 0;
        if (x >> 63)
            uart.dev.ops->write(&uart.dev, x >> 32 & 0xff, 1u << (x >> 40 & 3), x);
        else
            uart.dev.ops->read(&uart.dev, x >> 32 & 0xff, 1u << (x >> 40 & 3));
        if (x >> 50 & 1)
            type("x");
        assert_in_range(uart.rx_count, 0, VUART_RX_FIFO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_transmits, setup),
        cmocka_unit_test_setup(test_divisor_latch_hides_data, setup),
        cmocka_unit_test_setup(test_receive_interrupt_follows_the_fifo, setup),
        cmocka_unit_test_setup(test_holding_register_interrupt, setup),
        cmocka_unit_test_setup(test_overrun_is_told_once, setup),
        cmocka_unit_test_setup(test_takes_what_it_has_room_for, setup),
        cmocka_unit_test_setup(test_reset_forgets, setup),
        cmocka_unit_test_setup(test_fifo_control, setup),
        cmocka_unit_test_setup(test_loop_back, setup),
        cmocka_unit_test_setup(test_hostile_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
