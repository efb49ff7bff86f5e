/*
 * memfd_create(2): a file of ramfs without a name.
 */
#include <abi/syscalls.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <pathname/pathname.h>
#include <ramfs/ramfs.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <task/task.h>
#include <vfs/magic.h>

#define MFD_CLOEXEC       1u
#define MFD_ALLOW_SEALING 2u

static struct mutex memfd_lock = MUTEX_INIT(memfd_lock);
static struct superblock *memfd_super GUARDED_BY(&memfd_lock);
static const struct fs_type memfd_type = {.name = "memfd"};

static struct inode *memfd_inode(void)
{
    struct inode *inode = NULL;

    mutex_lock(&memfd_lock);
    if (!memfd_super)
        (void)ramfs_superblock_create(&memfd_type, TMPFS_MAGIC, false, &memfd_super);
    if (memfd_super)
        inode = ramfs_inode_create(memfd_super, S_IFREG | 0777, 0);
    mutex_unlock(&memfd_lock);
    return inode;
}

int64_t sys_memfd_create(vaddr_t uname, unsigned flags)
{
    struct user_name name;
    int64_t ret = user_name_get(&name, uname);

    if (ret != 0)
        return ret;
    if (strlen(name.text) > NAME_MAX - (sizeof("memfd:") - 1))
        ret = -EINVAL;
    user_name_put(&name);
    /* Seals are not implemented: refuse a caller that asks for them. */
    if (ret == 0 && (flags & ~(unsigned)MFD_CLOEXEC) != 0)
        ret = -EINVAL;
    if (ret != 0)
        return ret;
    struct inode *inode = memfd_inode();

    if (!inode)
        return -ENOMEM;
    inode->nlink = 0;
    inode->uid = cred_current()->fsuid;
    inode->gid = cred_current()->fsgid;
    struct file *file = vfs_file_alloc(inode->file_ops, inode, O_RDWR);

    inode_put(inode);
    return file ? fd_install_or_put(file, (flags & MFD_CLOEXEC) != 0) : -ENOMEM;
}
