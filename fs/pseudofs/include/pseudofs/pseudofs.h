/*
 * Pseudo file systems: trees whose contents are functions (proc, sysfs). Constant tables of
 * pseudo_node describe a tree; a node stands for an object, identified by a small key (a pid, a
 * descriptor) that children inherit. No references to the objects are held, so a process can exit
 * while its files are open: the functions then return -ESRCH.
 *
 * A file's text is generated completely at the first read after open or a seek to 0, into a growing
 * buffer: one open file sees one consistent text.
 */
#ifndef PSEUDOFS_PSEUDOFS_H
#define PSEUDOFS_PSEUDOFS_H

#include <base/types.h>
#include <vfs/vfs.h>

/* A text being generated. After a failed allocation the rest is dropped and the read returns
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

/* An entry found in a dynamic directory. */
struct pseudo_child {
    const struct pseudo_node *node; /* its name is not used */
    uint64_t key;
    uint64_t sub;
    devno_t rdev;            /* of S_IFCHR and S_IFBLK nodes */
    char name[NAME_MAX + 1]; /* for iterate */
};

/* Parse a name that is a decimal number as it would be printed, below the limit (at most 1 << 31):
 * 0 or -ENOENT. For lookup. */
int pseudo_number(const char *name, size_t name_len, uint64_t limit, uint32_t *out) MUST_CHECK;

struct pseudo_node {
    const char *name;
    uint32_t mode; /* type and permissions */

    /* S_IFDIR: a constant table, ended by a NULL name, then the entries that lookup and iterate
     * find. */
    const struct pseudo_node *children;
    int (*lookup)(const struct pseudo_object *dir, const char *name, size_t name_len,
                  struct pseudo_child *out);
    /* Get the first dynamic child at or after *cursor (0: the first) and move *cursor behind it;
     * -ENOENT: no more. */
    int (*iterate)(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out);

    /* S_IFREG: generate the text; handle a write (n bytes, NUL-terminated copy). */
    int (*show)(struct seq *seq, const struct pseudo_object *object);
    ssize_t (*store)(const struct pseudo_object *object, const char *text, size_t n);
    /* Instead of show and store. */
    const struct file_ops *file_ops;

    /* S_IFLNK: the text (returns its length), and for links to objects the path itself. */
    ssize_t (*readlink)(const struct pseudo_object *object, char *buf, size_t size);
    int (*follow)(const struct pseudo_object *object, const struct cred *cred, struct path *out);

    /* Owner; NULL: root. -ESRCH: the object is gone, and the name is not found. */
    int (*owner)(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid);
    void *context; /* private to the functions */
};

/*
 * Create a superblock for a tree; for an fs_type's mount. Names below it are looked up anew at each
 * walk, since objects come and go.
 */
int pseudofs_mount(const struct fs_type *type, const struct pseudo_node *root, uint64_t magic,
                   struct superblock **out);
/* Return the object behind an open pseudo file or an inode of such a tree. */
const struct pseudo_object *pseudo_object_of(const struct inode *inode);

#endif
