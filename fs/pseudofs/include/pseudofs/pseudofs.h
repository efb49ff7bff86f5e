/*
 * Pseudo file systems: trees whose contents are functions (proc, sysfs). A tree is described by
 * constant tables of pseudo_node; what a node stands for is an object, a small key (a process id, a
 * descriptor) that children inherit. Nothing refers to the objects themselves, so a process can go
 * while its files are open: its functions then answer -ESRCH.
 *
 * A file's text is made whole at the first read after open or after a seek to 0, into a buffer that
 * grows, and is read from there: one open file sees one consistent text.
 */
#ifndef PSEUDOFS_PSEUDOFS_H
#define PSEUDOFS_PSEUDOFS_H

#include <base/types.h>
#include <vfs/vfs.h>

/* Text under construction. After a failed allocation the rest is dropped and the read gives
 * -ENOMEM. */
struct seq {
    char *buf;
    size_t capacity;
    size_t len;
    bool has_failed;
};

void seq_printf(struct seq *seq, const char *fmt, ...) PRINTF_LIKE(2, 3);
void seq_puts(struct seq *seq, const char *text);
void seq_putc(struct seq *seq, char c);
void seq_write(struct seq *seq, const void *bytes, size_t n);

struct pseudo_node;

struct pseudo_object {
    const struct pseudo_node *node;
    uint64_t key; /* inherited by children, e.g. the process */
    uint64_t sub; /* of this node or its nearest dynamic ancestor, e.g. the descriptor */
};

/* What a dynamic directory found. */
struct pseudo_child {
    const struct pseudo_node *node; /* whose name is not used */
    uint64_t key;
    uint64_t sub;
    devno_t rdev;            /* of S_IFCHR and S_IFBLK nodes */
    char name[NAME_MAX + 1]; /* for iterate */
};

struct pseudo_node {
    const char *name;
    uint32_t mode; /* type and permissions */

    /* S_IFDIR: a fixed table, ended by a NULL name, then what lookup and iterate find. */
    const struct pseudo_node *children;
    int (*lookup)(const struct pseudo_object *dir, const char *name, size_t name_len,
                  struct pseudo_child *out);
    /* The first dynamic child at or after *cursor (0: the first), moving *cursor behind it;
     * -ENOENT: no more. */
    int (*iterate)(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out);

    /* S_IFREG: the text; and what a write of it does (n bytes, NUL-terminated copy). */
    int (*show)(struct seq *seq, const struct pseudo_object *object);
    ssize_t (*store)(const struct pseudo_object *object, const char *text, size_t n);
    /* Instead of show and store. */
    const struct file_ops *file_ops;

    /* S_IFLNK: the text (length returned), and for links to objects the path itself. */
    ssize_t (*readlink)(const struct pseudo_object *object, char *buf, size_t size);
    int (*follow)(const struct pseudo_object *object, const struct cred *cred, struct path *out);

    /* Owner; NULL: root. -ESRCH: the object is gone (the name is then not found). */
    int (*owner)(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid);
    void *context; /* the functions' own */
};

/*
 * Makes a superblock for a tree; for use in an fs_type's mount. Directory names under it are looked
 * up anew at each walk, since objects come and go.
 */
int pseudofs_mount(const struct fs_type *type, const struct pseudo_node *root, uint64_t magic,
                   struct superblock **out);
/* The object behind an open pseudo file or an inode of such a tree. */
const struct pseudo_object *pseudo_object_of(const struct inode *inode);

#endif
