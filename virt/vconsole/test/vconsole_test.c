/*
 * virt/vconsole over the host's console: one guest's bytes as they are, several guests' lines with
 * their names, prompts and echoes below each other, who gets what is typed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <console/console.h>
#include <vconsole/vconsole.h>

static char shown[2048];
static size_t nr_shown;
static unsigned nr_resumed;

static void show(struct console *con, const char *bytes, size_t n)
{
    (void)con;
    assert_in_range(nr_shown + n, 0, sizeof(shown) - 1);
    memcpy(shown + nr_shown, bytes, n);
    nr_shown += n;
}

static void resume(struct console *con)
{
    (void)con;
    nr_resumed++;
}

static struct console terminal = {.name = "test", .write = show, .resume_input = resume};

struct guest {
    struct vconsole console;
    char typed[16];
    size_t nr_typed;
    size_t room;
};
static struct guest web, db, third;

static void input(void *ctx, uint8_t byte)
{
    struct guest *guest = ctx;

    guest->typed[guest->nr_typed++] = (char)byte;
}

static size_t room(void *ctx)
{
    return ((struct guest *)ctx)->room;
}

static void add(struct guest *guest, const char *name)
{
    memset(guest, 0, sizeof(*guest));
    guest->room = 10;
    vconsole_register(&guest->console, name, input, room, guest);
}

static void print(struct guest *guest, const char *text)
{
    vconsole_write(&guest->console, text, strlen(text));
}

/* Compare the output on the terminal since the last call. */
static void expect(const char *text)
{
    shown[nr_shown] = '\0';
    nr_shown = 0;
    assert_string_equal(shown, text);
}

static void type(const char *text)
{
    console_received(text, strlen(text));
}

static void expect_typed(struct guest *guest, const char *text)
{
    assert_int_equal(guest->nr_typed, strlen(text));
    assert_memory_equal(guest->typed, text, strlen(text));
    guest->nr_typed = 0;
}

/* The first and only one: that there were several once is not forgotten, so this comes first. */
static void test_one_guest(void **state)
{
    (void)state;
    assert_int_equal(console_input_room(), SIZE_MAX); /* nobody: it is thrown away */
    type("lost");
    add(&web, "web");
    print(&web, "a\nb\r\nc\r");
    print(&web, "\nd\n\n");
    expect("a\r\nb\r\nc\r\nd\r\n\r\n");
    print(&web, "login: "); /* at once */
    expect("login: ");
    vconsole_show(&web.console);
    vconsole_flush(&web.console);
    expect("");
    assert_int_equal(console_input_room(), 10);
    type("x\x1dy"); /* with one guest it is a key like others */
    expect_typed(&web, "x\x1dy");
}

static void test_lines(void **state)
{
    (void)state;
    add(&db, "db");
    print(&web, "one\r\ntw");
    print(&db, "uno\n");
    print(&web, "o\n\n");
    expect("web| one\r\ndb| uno\r\nweb| two\r\nweb| \r\n");
    vconsole_write(&db.console, "a\0b\n", 4);
    assert_int_equal(nr_shown, 9);
    assert_memory_equal(shown, "db| a\0b\r\n", 9);
    nr_shown = 0;
    /* As long as the buffer: it goes out as a line. */
    char line[VCONSOLE_LINE_MAX + 1];

    memset(line, 'l', VCONSOLE_LINE_MAX - 1);
    line[VCONSOLE_LINE_MAX - 1] = '\0';
    print(&db, line);
    expect("");
    print(&db, "L+");
    assert_int_equal(nr_shown, 4 + VCONSOLE_LINE_MAX + 2);
    assert_memory_equal(shown + nr_shown - 4, "lL\r\n", 4);
    nr_shown = 0;
    vconsole_flush(&db.console);
    expect("db| +\r\n");
    vconsole_flush(&db.console);
    expect("");
}

static void test_prompts(void **state)
{
    (void)state;
    print(&web, "login: ");
    print(&db, "sql> ");
    expect("");
    vconsole_show(&db.console); /* without the keyboard */
    expect("");
    vconsole_show(&web.console);
    expect("web| login: ");
    vconsole_show(&web.console); /* nothing new */
    expect("");
    print(&web, "ro"); /* the echo */
    expect("ro");
    print(&db, "1\n"); /* another's line goes below */
    expect("\r\ndb| sql> 1\r\n");
    print(&web, "ot"); /* and the prompt waits until it is asked for */
    expect("");
    vconsole_show(&web.console);
    expect("web| login: root");
    print(&web, "\nhi\n");
    expect("\r\nweb| hi\r\n");
}

static void test_escape(void **state)
{
    (void)state;
    add(&third, "third");
    assert_int_equal(console_input_room(), 1); /* byte by byte: the next may move the input */
    type("a\x1d"
         "b\x1d"
         "c");
    expect("[input: db]\r\n[input: third]\r\n");
    expect_typed(&web, "a");
    expect_typed(&db, "b");
    expect_typed(&third, "c");
    third.room = 0;
    assert_int_equal(console_input_room(), 0);
    nr_resumed = 0;
    third.room = 5;
    vconsole_room_made();
    assert_int_equal(nr_resumed, 1);
    type("\x1d"
         "d"); /* round */
    expect("[input: web]\r\n");
    expect_typed(&web, "d");
}

static void test_guests_end(void **state)
{
    (void)state;
    vconsole_unregister(&db.console); /* without the keyboard: that stays */
    type("d");
    expect_typed(&web, "d");
    print(&web, "dying");
    nr_resumed = 0;
    vconsole_unregister(&web.console);
    expect("web| dying\r\n");
    assert_int_equal(nr_resumed, 1); /* the next may have room */
    type("e");
    expect_typed(&web, "");
    expect_typed(&third, "e");
    print(&web, "panic\n"); /* output still works */
    expect("web| panic\r\n");
    vconsole_unregister(&web.console); /* once more does nothing */
    type("f");
    expect_typed(&third, "f");
    vconsole_unregister(&third.console);
    type("g");
    expect_typed(&third, "");
    assert_int_equal(console_input_room(), 1);
    expect("");
}

static int setup(void **state)
{
    (void)state;
    console_register(&terminal);
    vconsole_boot();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_guest),  cmocka_unit_test(test_lines),
        cmocka_unit_test(test_prompts),    cmocka_unit_test(test_escape),
        cmocka_unit_test(test_guests_end),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
