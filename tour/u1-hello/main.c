/*
 * u1: the smallest kernel that can be heard. Colours are ANSI escape sequences (ECMA-48, SGR): the
 * terminal makes them, the kernel only sends bytes.
 */
#include <app/app.h>
#include <console/console.h>
#include <log/log.h>
#include <printf/printf.h>
#include <string/string.h>

static void say(const char *text)
{
    console_write(text, strlen(text));
}

static void say_in_colour(unsigned colour, const char *text)
{
    char line[80];

    snprintf(line, sizeof(line), "\033[1;%um%s\033[0m\n", 30 + colour, text);
    say(line);
}

int app_main(void)
{
    static const char *const lines[] = {"This is a kernel.", "This is also an application.",
                                        "They are one image."};

    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        say_in_colour(1 + i, lines[i]);
    log_info("the log adds the time");
    say("u1: ok, 3 colours and a log line\n");
    return 0;
}
