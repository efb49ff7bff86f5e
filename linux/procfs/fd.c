/*
 * /proc/PID/fd and fdinfo: the open files of a process.
 */
#include <fd/fd.h>
#include <printf/printf.h>
#include <string/string.h>
#include <vfs/inode.h>

#include "internal.h"

static struct file *object_file(const struct pseudo_object *object)
{
    struct process *process = object_process(object);
    struct file *file = NULL;

    if (!process)
        return NULL;
    (void)fd_of_process(process, (int)object->sub, &file);
    process_put(process);
    return file;
}

static ssize_t fd_readlink(const struct pseudo_object *object, char *buf, size_t size)
{
    struct file *file = object_file(object);
    ssize_t ret;

    if (!file)
        return -ENOENT;
    if (path_has_name(file_path(file))) {
        ret = path_text(file_path(file), buf, size);
    } else {
        char text[64] = "anon_inode:[file]";

        if (file->ops->describe)
            (void)file->ops->describe(file, text, sizeof(text));
        ret = (ssize_t)MIN(strlen(text), size);
        memcpy(buf, text, (size_t)ret);
    }
    file_put(file);
    return ret;
}

static int fd_follow(const struct pseudo_object *object, const struct cred *cred, struct path *out)
{
    struct file *file = object_file(object);
    int ret = -ENOENT;

    (void)cred;
    if (!file)
        return -ENOENT;
    if (file_path(file)->dentry) {
        *out = *file_path(file);
        path_get(out);
        ret = 0;
    } else if (file_inode(file) &&
               (S_ISFIFO(file_inode(file)->mode) || S_ISREG(file_inode(file)->mode))) {
        ret = path_of_inode(file_inode(file), out);
    } else {
        ret = -ENXIO; /* anonymous files (eventfd(2)) cannot be reopened */
    }
    file_put(file);
    return ret;
}

static int show_fdinfo(struct seq *seq, const struct pseudo_object *object)
{
    struct file *file = object_file(object);

    if (!file)
        return -ENOENT;
    seq_printf(seq, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n", file->pos, file->flags,
               !file_path(file)->mount ? 0 : file_path(file)->mount->id,
               !file_inode(file) ? 0 : file_inode(file)->ino);
    file_put(file);
    return 0;
}

static const struct pseudo_node fd_node = {
    .mode = S_IFLNK | 0700, .readlink = fd_readlink, .follow = fd_follow, .owner = object_owner};
static const struct pseudo_node fdinfo_node = {
    .mode = S_IFREG | 0400, .show = show_fdinfo, .owner = object_owner};

static int lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                  const struct pseudo_node *node, struct pseudo_child *out)
{
    uint32_t number;
    int ret = object_may_look(dir);

    if (ret != 0)
        return ret == -ESRCH ? -ENOENT : ret;
    if (pseudo_number(name, name_len, NUMBER_LIMIT, &number) != 0)
        return -ENOENT;
    struct pseudo_object object = {.key = dir->key, .sub = number};
    struct file *file = object_file(&object);

    if (!file)
        return -ENOENT;
    file_put(file);
    out->node = node;
    out->key = dir->key;
    out->sub = number;
    return 0;
}

static int iterate(const struct pseudo_object *dir, uint64_t *cursor,
                   const struct pseudo_node *node, struct pseudo_child *out)
{
    int ret = object_may_look(dir);
    int fd = -1;

    if (ret != 0)
        return ret == -ESRCH ? -ENOENT : ret;
    struct process *process = object_process(dir);

    if (!process)
        return -ENOENT;
    if (*cursor <= INT32_MAX)
        fd = fd_next_of_process(process, (int)*cursor);
    process_put(process);
    if (fd < 0)
        return -ENOENT;
    out->node = node;
    out->key = dir->key;
    out->sub = (uint64_t)fd;
    snprintf(out->name, sizeof(out->name), "%d", fd);
    *cursor = (uint64_t)fd + 1;
    return 0;
}

int fd_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
              struct pseudo_child *out)
{
    return lookup(dir, name, name_len, &fd_node, out);
}

int fd_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    return iterate(dir, cursor, &fd_node, out);
}

int fdinfo_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                  struct pseudo_child *out)
{
    return lookup(dir, name, name_len, &fdinfo_node, out);
}

int fdinfo_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    return iterate(dir, cursor, &fdinfo_node, out);
}
