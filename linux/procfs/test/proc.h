/*
 * /proc for host tests, with three processes of two users. The test asks as whichever it runs as.
 */
#ifndef PROCFS_TEST_PROC_H
#define PROCFS_TEST_PROC_H

#include "../../task/test/world.h"

#include <fd/fd.h>
#include <procfs/procfs.h>
#include <string.h>
#include <task/group.h>
#include <work/work.h>

#define USER_ID 1000

/* init is root's. The shell, of a user, leads session 10 and has a second thread, 11; its child 12
 * has a group of its own. */
static struct process *init, *shell, *child;
static struct user_thread *second;

static inline struct process *member_create(pid_t pid, struct process_group *group)
{
    struct process *p = program_create(pid);

    assert_non_null(p);
    if (group == NULL) {
        group = group_create(pid, session_create(pid));
        group->session->leader = p;
    }
    group_join(p, group);
    return p;
}

static inline void child_join(struct process *p, struct process *parent)
{
    p->parent = parent;
    p->parent_pid = parent->pid;
    list_add_tail(&parent->children, &p->child_node);
}

static inline struct user_thread *thread_add(struct process *p, pid_t tid, const char *name)
{
    struct user_thread *ut = user_thread_alloc(p, name);

    assert_non_null(ut);
    ut->tid = tid;
    ut->vspace = p->vspace;
    ut->credentials = p->credentials;
    credentials_get(ut->credentials);
    user_thread_publish(ut);
    return ut;
}

/* The end of a process whose parent has not asked yet; and, the second, its very end. */
static inline void process_die(struct process *p, int status)
{
    struct user_thread *ut = p->leader;

    p->exit_status = status;
    fd_table_put(p->files);
    fs_context_put(p->fs);
    vspace_put(p->vspace);
    p->files = NULL;
    p->fs = NULL;
    p->vspace = NULL;
    p->leader = NULL;
    user_thread_unpublish(ut);
    user_thread_free_unstarted(ut);
    p->state = PROCESS_ZOMBIE;
}

static inline void process_reap(struct process *p)
{
    p->state = PROCESS_DEAD;
    list_del_init(&p->child_node);
    group_leave(p);
    process_unpublish(p);
    process_put(p);
}

static inline int proc_world_init(void)
{
    if (program_world_init() != 0 || work_system_init() != 0 || procfs_boot() != 0 ||
        vfs_mkdir(CTX, NULL, "/proc", 0755) != 0 ||
        vfs_mount(CTX, "proc", "/proc", "proc", 0, "") != 0)
        return -1;
    init = process_current();
    group_join(init, group_create(1, session_create(1)));
    shell = member_create(10, NULL);
    child_join(shell, init);
    second = thread_add(shell, 11, "worker");
    child = member_create(12, group_create(12, shell->group->session));
    child_join(child, shell);
    program_run(shell);
    program_become(USER_ID);
    program_run(child);
    program_become(USER_ID);
    program_run(init);
    return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static char text[65536];

/* As the caller, whom the mode may stop. The text is then `text`; its size or an error. */
static inline int proc_read(const char *name)
{
    struct vfs_context context = vfs_kernel_context;
    struct file *file;
    int ret;

    context.cred = cred_current();
    ret = vfs_open(&context, NULL, name, O_RDONLY, 0, &file);
    if (ret != 0)
        return ret;
    memset(text, 0, sizeof(text));
    ret = (int)file_read(file, text, sizeof(text) - 1);
    file_put(file);
    return ret;
}

static inline int proc_write(const char *name, const char *data)
{
    struct vfs_context context = vfs_kernel_context;
    struct file *file;
    int ret;

    context.cred = cred_current();
    ret = vfs_open(&context, NULL, name, O_WRONLY, 0, &file);
    if (ret != 0)
        return ret;
    ret = (int)file_write(file, data, strlen(data));
    file_put(file);
    return ret;
}

static inline void expect(const char *name, const char *expected)
{
    assert_int_equal(proc_read(name), strlen(expected));
    assert_string_equal(text, expected);
}

/* What follows `label` in the text's line that begins with it. */
static inline const char *field(const char *label)
{
    static char value[256];
    const char *at = text;

    while (at != NULL && strncmp(at, label, strlen(label)) != 0) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL)
        fail_msg("no line \"%s\"", label);
    at += strlen(label);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"), at);
    return value;
}

static inline void expect_field(const char *name, const char *label, const char *expected)
{
    assert_true(proc_read(name) > 0);
    assert_string_equal(field(label), expected);
}

static inline int proc_readlink(const char *name, char *buf, size_t size)
{
    struct path path;
    int ret = vfs_lookup(CTX, NULL, name, LOOKUP_NO_FOLLOW, &path);

    if (ret != 0)
        return ret;
    memset(buf, 0, size);
    ret = (int)vfs_readlink(&path, buf, size - 1);
    path_put(&path);
    return ret;
}

static inline void expect_link(const char *name, const char *expected)
{
    char buf[256];

    assert_int_equal(proc_readlink(name, buf, sizeof(buf)), strlen(expected));
    assert_string_equal(buf, expected);
}

static inline int proc_error(const char *name)
{
    struct vfs_stat st;

    return stat_file(name, &st);
}

/* --- listing ---------------------------------------------------------------------------------- */

struct names {
    struct dir_sink sink;
    char text[2048];
};

static inline bool names_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                              unsigned type, uint64_t pos)
{
    struct names *names = container_of(sink, struct names, sink);

    (void)ino;
    (void)type;
    (void)pos;
    if (*name != '.')
        sprintf(names->text + strlen(names->text), "%.*s ", (int)len, name);
    return true;
}

/* The names of the folder, those that are no numbers left out if there are numbers. */
static inline const char *listing(const char *name)
{
    static struct names names;
    struct file *file;
    size_t before;

    names = (struct names){.sink.emit = names_emit};
    assert_int_equal(vfs_open(CTX, NULL, name, O_RDONLY | O_DIRECTORY, 0, &file), 0);
    do {
        before = strlen(names.text);
        if (file_iterate(file, &names.sink) != 0)
            break;
    } while (strlen(names.text) != before);
    file_put(file);
    return names.text;
}

#endif
