/* Paths and other text. */
#include "arguments.h"

#include <string.h>
#include <sys/syscall.h>

/* In the folder that is a program's own, or on the disk. */
static const char *const own_paths[] = {
    "a",     "n",       "d",       "d/n",     "b",         "d/e",
    "d/e/n", "o",       "c",       "d/o",     "f",         "d/a",
    "d/b",   "d/e/a",   "d/e/f",   "l",       "l/a",       "m",
    "m/a",   "m/b",     "d/../a",  "./d/./a", "",          ".",
    "..",    "/disk/a", "/disk/b", "/disk/d", "/disk/d/a", "/disk/A long name.text"};

/* Of the whole system: none of them is made, moved or taken away. */
static const char *const system_paths[] = {"/dev/null",
                                           "/dev/zero",
                                           "/dev/full",
                                           "/dev/urandom",
                                           "/dev/ptmx",
                                           "/dev/pts/0",
                                           "/dev/pts/1",
                                           "/dev/tty",
                                           "/dev/vda",
                                           "/dev",
                                           "/dev/shm",
                                           "/disk",
                                           "/init",
                                           "/proc",
                                           "/proc/self/maps",
                                           "/proc/self/status",
                                           "/proc/self/fd",
                                           "/proc/self/fd/3",
                                           "/proc/self/fd/4",
                                           "/proc/self/stat",
                                           "/proc/self/task",
                                           "/proc/self/exe",
                                           "/proc/self/cwd/a",
                                           "/proc/self/smaps",
                                           "/proc/self/statm",
                                           "/proc/self/comm",
                                           "/proc/self/cmdline",
                                           "/proc/self/environ",
                                           "/proc/self/mounts",
                                           "/proc/self/limits",
                                           "/proc/meminfo",
                                           "/proc/stat",
                                           "/proc/slabinfo",
                                           "/proc/1/status",
                                           "/proc/1/maps",
                                           "/proc/1/fd",
                                           "/proc/loadavg",
                                           "/proc/interrupts",
                                           "/proc/vmstat",
                                           "/proc/buddyinfo",
                                           "/proc/sys",
                                           "/sys",
                                           "/sys/block"};

#define NR_OWN    (sizeof(own_paths) / sizeof(own_paths[0]))
#define NR_SYSTEM (sizeof(system_paths) / sizeof(system_paths[0]))

static bool changes_names(const struct call *call)
{
    static const uint16_t numbers[] = {
        SYS_unlinkat, SYS_renameat2, SYS_mknodat,  SYS_mkdirat, SYS_symlinkat,
        SYS_linkat,   SYS_fchmodat,  SYS_fchownat, SYS_mount,   452 /* fchmodat2 */};

    for (unsigned i = 0; call != NULL && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (descriptions[call->description].number == numbers[i])
            return true;
    return false;
}

static char *append(char *at, const char *text)
{
    strcpy(at, text);
    return at + strlen(text);
}

static char *append_number(char *at, uint64_t number)
{
    char digits[24], *first = &digits[sizeof(digits) - 1];

    *first = '\0';
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    return append(at, first);
}

/* Of a process that may be about to end, or of one of its threads. */
static void process_path(char *text, uint64_t raw)
{
    static const char *const files[] = {
        "status", "stat", "maps",   "fd",     "task", "cmdline", "environ",       "statm",
        "cwd",    "exe",  "limits", "fdinfo", "comm", "wchan",   "oom_score_adj", "auxv",
        "root",   "",     "mounts", "fd/3",   "fd/4", "smaps",   "mountinfo"};
    uint64_t process = pid(raw) & 0x3fffffff;

    text = append_number(append(text, "/proc/"), process);
    if (raw >> 32 & 1)
        text = append_number(append(text, "/task/"),
                             raw >> 33 & 1 ? process : pid(mix(raw)) & 0x3fffffff);
    append(append(text, "/"), files[(raw >> 40) % (sizeof(files) / sizeof(files[0]))]);
}

/* Most paths of a program are its first few, so that its calls meet in them. */
static uint64_t path(struct worker *w, const struct call *call, uint64_t raw)
{
    bool is_own = changes_names(call);
    uint64_t nr = is_own ? NR_OWN : NR_OWN + NR_SYSTEM;
    uint64_t which = raw % 8 < 5 ? (raw >> 8) % 12 : (raw >> 8) % nr;
    char *text = (char *)w->at;
    const char *name;

    if (raw % 8 < 3) /* the four that this program likes best */
        which = mix((program.seed >> 8) + (raw >> 8) % 4) % nr;
    name = which < NR_OWN ? own_paths[which] : system_paths[which - NR_OWN];
    if (has_defect && !is_own && raw % 4 == 3)
        name = "/dev/defect";
    if (!is_own && raw >> 59 == 1) {
        process_path(text, raw >> 8);
        w->at += 64;
        return (uint64_t)text;
    }
    if (raw >> 57 == 1) { /* too long */
        memset(text, 'x', 300);
        text[300] = '\0';
        w->at += 304;
        return (uint64_t)text;
    }
    w->at += (strlen(name) + 8) & ~7ul;
    return (uint64_t)strcpy(text, name);
}

uint64_t text(uint64_t raw)
{
    static const char *const texts[] = {
        "",          "x",        "user.a", "size=1m",     "size=64k,mode=700",
        "trusted.b", "mode=777", "ro",     "nr_inodes=9", "name"};

    return (uint64_t)texts[raw % 10];
}

static uint64_t argv(struct worker *w, uint64_t raw)
{
    static char *const none[] = {NULL};
    char **v = room(w, 4 * sizeof(*v));

    if (raw % 8 == 0)
        return (uint64_t)none;
    v[0] = "again"; /* main.c: the program that runs is this one */
    v[1] = (char *)bytes(w, raw >> 8 | 15);
    v[2] = raw % 8 == 1 ? (char *)bad_pointer(raw >> 8) : NULL;
    v[3] = NULL;
    return (uint64_t)v;
}

uint64_t name_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    static const char *const mount_points[] = {"d", "d/e", "m", "m/a"};
    static const char *const types[] = {"tmpfs",    "proc", "sysfs", "devpts",
                                        "devtmpfs", "vfat", "none",  "ramfs"};

    switch ((enum kind)kind) {
    case K_MOUNT_POINT:
        return (uint64_t)mount_points[raw % 4];
    case K_FS_TYPE:
        return (uint64_t)types[raw % 8];
    case K_TEXT:
        return raw % 16 ? text(raw >> 8) : bytes(w, raw >> 8);
    case K_ARGV:
        return argv(w, raw);
    default:
        if (number_of(call) == SYS_execve && raw % 2)
            return (uint64_t) "/init";
        return raw >> 58 == 0 ? bytes(w, raw) : path(w, call, raw);
    }
}
