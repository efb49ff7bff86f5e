/*
 * Calls about the machine and the kernel: names, memory, random bytes, processors, the log, the
 * machine's end.
 */
#include "../../task/test/processes.h"

#include <string.h>

#include <abi/syscalls.h>
#include <log/log.h>
#include <pending/upcalls.h>
#include <power/power.h>
#include <sysinfo/uname.h>

static struct process *p;

void timers_signal_taken_locked(struct process *process, struct linux_siginfo *info)
{
    (void)process;
    (void)info;
}

static int begin(void **state)
{
    (void)state;
    p = make_process(10, NULL, &cred_kernel);
    act_as(p->leader);
    return 0;
}

static void become_user(void)
{
    become(p->leader, &user_1000);
}

/* --- names ------------------------------------------------------------------------------------ */

static void what_the_system_is_called(void **state)
{
    struct uname name;

    (void)state;
    memset(&name, 0x55, sizeof(name));
    assert_int_equal(sys_uname(USER(&name)), 0);
    assert_string_equal(name.sysname, "Linux");
    assert_string_equal(name.machine, "host");
    assert_string_equal(name.nodename, "trine");
    assert_string_equal(name.domainname, "(none)");
    assert_non_null(strchr(name.release, '.'));
    assert_int_equal(sys_uname(BAD_ADDRESS), -EFAULT);
}

static void names_are_set_and_told(void **state)
{
    struct uname name;

    (void)state;
    assert_int_equal(sys_sethostname(USER("some-host.and-more"), 9), 0);
    assert_int_equal(sys_setdomainname(USER("example.org"), 11), 0);
    assert_int_equal(sys_uname(USER(&name)), 0);
    assert_string_equal(name.nodename, "some-host");
    assert_string_equal(name.domainname, "example.org");
    assert_int_equal(sys_sethostname(USER("x"), 1), 0);
    uname_get(&name);
    assert_string_equal(name.nodename, "x");
    assert_string_equal(name.nodename + 2, ""); /* nothing is left of a longer one */
    assert_int_equal(sys_sethostname(USER(""), 0), 0);
    uname_get(&name);
    assert_string_equal(name.nodename, "");
    assert_string_equal(name.domainname, "example.org");
}

static void names_have_64_bytes(void **state)
{
    char longest[UNAME_FIELD + 1];
    struct uname name;

    (void)state;
    memset(longest, 'n', sizeof(longest));
    assert_int_equal(sys_sethostname(USER(longest), 65), -EINVAL);
    assert_int_equal(sys_sethostname(USER(longest), ~0u), -EINVAL);
    assert_int_equal(sys_sethostname(USER(longest), 64), 0);
    uname_get(&name);
    assert_int_equal(strlen(name.nodename), 64);
    assert_int_equal(uname_set(UNAME_DOMAINNAME, longest, 65), -EINVAL);
    assert_int_equal(uname_set(UNAME_DOMAINNAME, longest, 64), 0);
    assert_int_equal(uname_set(UNAME_NODENAME, "trine", 5), 0);
}

static void who_may_not_set_a_name(void **state)
{
    struct uname name;

    (void)state;
    assert_int_equal(sys_sethostname(BAD_ADDRESS, 5), -EFAULT);
    become_user();
    assert_int_equal(sys_sethostname(BAD_ADDRESS, 65), -EPERM);
    assert_int_equal(sys_setdomainname(USER("x"), 1), -EPERM);
    uname_get(&name);
    assert_string_equal(name.nodename, "trine");
}

/* --- memory and numbers ----------------------------------------------------------------------- */

struct info { /* sysinfo(2) */
    int64_t uptime;
    uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit;
};
_Static_assert(sizeof(struct info) == 112, "struct sysinfo of 64 bits");

static void memory_and_uptime(void **state)
{
    struct info before, after;
    struct frame *f;

    (void)state;
    host_ticks = 90 * NS_PER_SEC + 5;
    assert_int_equal(sys_sysinfo(USER(&before)), 0);
    assert_int_equal(before.uptime, 90);
    assert_int_equal(before.mem_unit, 1);
    assert_int_equal(before.procs, 1);
    assert_true(before.totalram > MIB(60) && before.totalram <= MIB(64));
    assert_true(before.freeram <= before.totalram);
    f = frame_alloc(10, 0);
    assert_int_equal(sys_sysinfo(USER(&after)), 0);
    assert_int_equal(before.freeram - after.freeram, MIB(4));
    assert_int_equal(before.totalram, after.totalram);
    frame_free(f, 10);
    assert_int_equal(sys_sysinfo(BAD_ADDRESS), -EFAULT);
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    return n == 0;
}

static void random_bytes_of_any_number(void **state)
{
    uint8_t buf[1000] = {0};

    (void)state;
    assert_int_equal(sys_getrandom(USER(buf), 0, 0), 0);
    assert_true(is_zero(buf, sizeof(buf)));
    assert_int_equal(sys_getrandom(USER(buf), 600, 0), 600);
    for (unsigned i = 0; i < 600; i += 50)
        assert_false(is_zero(buf + i, 50));
    assert_true(is_zero(buf + 600, 400));
    assert_memory_not_equal(buf, buf + 256, 256); /* one block is not like the other */
    assert_int_equal(sys_getrandom(USER(buf), 5, 1 | 2), 5);
    assert_int_equal(sys_getrandom(USER(buf), 5, 1 | 4), 5);
}

static void what_getrandom_refuses(void **state)
{
    uint8_t byte;

    (void)state;
    assert_int_equal(sys_getrandom(USER(&byte), 1, 8), -EINVAL);
    assert_int_equal(sys_getrandom(USER(&byte), 1, 2 | 4), -EINVAL); /* one or the other */
    assert_int_equal(sys_getrandom(BAD_ADDRESS, 1, 0), -EFAULT);
    assert_int_equal(sys_getrandom(BAD_ADDRESS, 0, 0), 0);
}

/* A large request, as well: what is there by then is the answer. */
static void a_signal_ends_a_large_request(void **state)
{
    uint8_t buf[600];

    (void)state;
    thread_interrupt(&p->leader->thread);
    assert_int_equal(sys_getrandom(USER(buf), 256, 0), 256);
    assert_int_equal(sys_getrandom(USER(buf), 600, 0), 256);
}

/* --- processors ------------------------------------------------------------------------------- */

static void the_processor_at_present(void **state)
{
    uint32_t cpu = 99, node = 99;

    (void)state;
    assert_int_equal(sys_getcpu(USER(&cpu), USER(&node)), 0);
    assert_int_equal(cpu, 0);
    assert_int_equal(node, 0);
    assert_int_equal(sys_getcpu(0, 0), 0);
    assert_int_equal(sys_getcpu(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_getcpu(0, BAD_ADDRESS), -EFAULT);
}

#define QUERY    0
#define GLOBAL   1
#define PRIVATE  8
#define REGISTER 16

static void barriers(void **state)
{
    (void)state;
    assert_int_equal(sys_membarrier(QUERY, 0, 0), GLOBAL | PRIVATE | REGISTER);
    assert_int_equal(sys_membarrier(GLOBAL, 0, 0), 0);
    assert_int_equal(sys_membarrier(PRIVATE, 0, 0), -EPERM); /* not registered */
    assert_int_equal(sys_membarrier(REGISTER, 0, 0), 0);
    assert_int_equal(sys_membarrier(PRIVATE, 0, 0), 0);
    assert_int_equal(sys_membarrier(2, 0, 0), -EINVAL); /* one it does not name */
    assert_int_equal(sys_membarrier(GLOBAL, 1, 0), -EINVAL);
    assert_int_equal(sys_membarrier(-1, 0, 0), -EINVAL);
}

static void restartable_sequences_are_none(void **state)
{
    (void)state;
    assert_int_equal(sys_rseq(USER(state), 32, 0, 0), -ENOSYS);
}

/* --- the log ---------------------------------------------------------------------------------- */

#define READ_ALL    3
#define READ_CLEAR  4
#define CLEAR       5
#define CONSOLE_OFF 6
#define CONSOLE_ON  7
#define LEVEL       8
#define SIZE_UNREAD 9
#define SIZE_BUFFER 10

static char text[4096];

/* What syslog reads, as a string. */
static const char *log_text(int type, int size)
{
    int64_t n = sys_syslog(type, USER(text), size);

    assert_true(n >= 0 && n <= size);
    text[n] = '\0';
    return text;
}

static void the_log_since_it_was_cleared(void **state)
{
    (void)state;
    log_info("one");
    assert_int_equal(sys_syslog(CLEAR, 0, 0), 0);
    assert_string_equal(log_text(READ_ALL, 100), "");
    log_info("two");
    log_info("three");
    assert_string_equal(log_text(READ_ALL, 100), "two\nthree\n");
    assert_int_equal(sys_syslog(SIZE_UNREAD, 0, 0), 10);
    assert_string_equal(log_text(READ_CLEAR, 100), "two\nthree\n");
    assert_string_equal(log_text(READ_ALL, 100), "");
    assert_true(sys_syslog(SIZE_BUFFER, 0, 0) >= 16384);
}

/* The last lines, and whole ones. */
static void a_buffer_that_is_too_small(void **state)
{
    (void)state;
    assert_int_equal(sys_syslog(CLEAR, 0, 0), 0);
    log_info("one");
    log_info("two");
    log_info("three");
    assert_string_equal(log_text(READ_ALL, 14), "one\ntwo\nthree\n");
    assert_string_equal(log_text(READ_ALL, 13), "two\nthree\n");
    assert_string_equal(log_text(READ_ALL, 10), "two\nthree\n");
    assert_string_equal(log_text(READ_ALL, 9), "three\n");
    assert_string_equal(log_text(READ_ALL, 5), "");
    assert_string_equal(log_text(READ_ALL, 0), "");
}

static void what_the_console_shows(void **state)
{
    unsigned before = log_get_level();

    (void)state;
    assert_int_equal(sys_syslog(LEVEL, 0, 3), 0);
    assert_int_equal(log_get_level(), 3);
    assert_int_equal(sys_syslog(LEVEL, 0, 0), -EINVAL);
    assert_int_equal(sys_syslog(LEVEL, 0, 9), -EINVAL);
    assert_int_equal(sys_syslog(CONSOLE_OFF, 0, 0), 0);
    assert_int_equal(log_get_level(), 1);
    assert_int_equal(sys_syslog(CONSOLE_ON, 0, 0), 0);
    assert_int_equal(log_get_level(), 7);
    log_set_level(before);
}

static void what_syslog_refuses(void **state)
{
    (void)state;
    log_info("a line");
    assert_int_equal(sys_syslog(11, 0, 0), -EINVAL);
    assert_int_equal(sys_syslog(-1, 0, 0), -EINVAL);
    assert_int_equal(sys_syslog(READ_ALL, 0, 100), -EINVAL);
    assert_int_equal(sys_syslog(READ_ALL, USER(text), -1), -EINVAL);
    assert_int_equal(sys_syslog(READ_ALL, BAD_ADDRESS, 100), -EFAULT);
    assert_int_equal(sys_syslog(0, 0, 0), 0);
    assert_int_equal(sys_syslog(1, 0, 0), 0);
    become_user();
    for (int type = 0; type <= SIZE_BUFFER; type++)
        if (type != READ_ALL && type != SIZE_BUFFER)
            assert_int_equal(sys_syslog(type, USER(text), 5), -EPERM);
    assert_true(sys_syslog(READ_ALL, USER(text), 100) > 0);
    assert_true(sys_syslog(SIZE_BUFFER, 0, 0) > 0);
}

/* --- the machine's end ------------------------------------------------------------------------ */

#define MAGIC1    0xfee1dead
#define MAGIC2    672274793
#define RESTART   0x01234567
#define HALT      0xcdef0123
#define POWER_OFF 0x4321fedc
#define CAD_ON    0x89abcdef

static jmp_buf is_over;
enum { OFF = 1, REBOOTED };

static void off(struct power_provider *provider, bool is_failure)
{
    (void)provider;
    longjmp(is_over, is_failure ? -1 : OFF);
}

static void reboot(struct power_provider *provider)
{
    (void)provider;
    longjmp(is_over, REBOOTED);
}

static struct power_provider provider = {.name = "test", .off = off, .reboot = reboot};

/* What became of the machine. */
static int end_by(uint32_t magic2, uint32_t command)
{
    volatile int how = setjmp(is_over);

    if (how == 0)
        (void)sys_reboot(MAGIC1, magic2, command, 0);
    return how;
}

static void the_ways_to_end(void **state)
{
    static const uint32_t dates[] = {MAGIC2, 85072278, 369367448, 537993216};

    (void)state;
    power_register(&provider);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(end_by(dates[i], POWER_OFF), OFF);
    assert_int_equal(end_by(MAGIC2, RESTART), REBOOTED);
    assert_true(HOST_PANICS(end_by(MAGIC2, HALT))); /* on the host it ends so */
}

static void what_reboot_refuses(void **state)
{
    (void)state;
    assert_int_equal(sys_reboot(MAGIC1, MAGIC2, CAD_ON, 0), 0);
    assert_int_equal(sys_reboot(MAGIC1, MAGIC2, 0, 0), 0);
    assert_int_equal(sys_reboot(MAGIC1, MAGIC2, 5, 0), -EINVAL);
    assert_int_equal(sys_reboot(MAGIC1, 5, POWER_OFF, 0), -EINVAL);
    assert_int_equal(sys_reboot(5, MAGIC2, POWER_OFF, 0), -EINVAL);
    become_user();
    assert_int_equal(sys_reboot(5, 5, POWER_OFF, 0), -EPERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_system_is_called),
        TEST(names_are_set_and_told),
        TEST(names_have_64_bytes),
        TEST(who_may_not_set_a_name),
        TEST(memory_and_uptime),
        TEST(random_bytes_of_any_number),
        TEST(what_getrandom_refuses),
        TEST(a_signal_ends_a_large_request),
        TEST(the_processor_at_present),
        TEST(barriers),
        TEST(restartable_sequences_are_none),
        TEST(the_log_since_it_was_cleared),
        TEST(a_buffer_that_is_too_small),
        TEST(what_the_console_shows),
        TEST(what_syslog_refuses),
        TEST(the_ways_to_end),
        TEST(what_reboot_refuses),
    };

    return cmocka_run_group_tests(tests, world_init, NULL);
}
