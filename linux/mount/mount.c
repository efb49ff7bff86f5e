/*
 * mount(2) and umount2(2).
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <pathname/pathname.h>
#include <task/task.h>
#include <task/vfs.h>

/* uapi/linux/mount.h */
#define MS_RDONLY      0x1u
#define MS_NOSUID      0x2u
#define MS_NODEV       0x4u
#define MS_NOEXEC      0x8u
#define MS_REMOUNT     0x20u
#define MS_NOATIME     0x400u
#define MS_BIND        0x1000u
#define MS_MOVE        0x2000u
#define MS_REC         0x4000u
#define MS_SILENT      0x8000u
#define MS_UNBINDABLE  0x20000u
#define MS_PRIVATE     0x40000u
#define MS_SLAVE       0x80000u
#define MS_SHARED      0x100000u
#define MS_RELATIME    0x200000u
#define MS_STRICTATIME 0x1000000u
#define MS_MAGIC       0xc0ed0000u
#define MS_KNOWN                                                                                   \
    (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_REMOUNT | MS_NOATIME | MS_BIND | MS_MOVE |  \
     MS_REC | MS_SILENT | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE | MS_SHARED | MS_RELATIME |        \
     MS_STRICTATIME)

#define MNT_FORCE       1u
#define MNT_DETACH      2u
#define UMOUNT_NOFOLLOW 8u

static unsigned mount_flags_of(uint64_t ms)
{
    static const struct {
        unsigned ms;
        unsigned flag;
    } table[] = {{MS_RDONLY, MOUNT_READ_ONLY},
                 {MS_NOSUID, MOUNT_NOSUID},
                 {MS_NODEV, MOUNT_NODEV},
                 {MS_NOEXEC, MOUNT_NOEXEC},
                 {MS_NOATIME, MOUNT_NOATIME}};
    unsigned flags = (ms & (MS_NOATIME | MS_STRICTATIME)) == 0 ? MOUNT_RELATIME : 0;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if ((ms & table[i].ms) != 0)
            flags |= table[i].flag;
    return flags;
}

/* Copy in a string argument; a null pointer counts as "". */
static int optional_text(struct user_name *name, uint64_t uaddr)
{
    if (uaddr != 0)
        return user_name_get(name, uaddr);
    name->own[0] = '\0';
    name->text = name->own;
    name->heap = NULL;
    return 0;
}

struct mount_call {
    struct user_name source, target, type, options;
};

static int64_t mount_call_run(struct mount_call *call, uint64_t ms)
{
    struct vfs_context context;
    int64_t ret;

    process_vfs_begin(&context);
    if ((ms & MS_REMOUNT) != 0)
        ret = vfs_remount(&context, call->target.text, mount_flags_of(ms), call->options.text);
    else if ((ms & MS_BIND) != 0)
        ret = vfs_bind_mount(&context, call->source.text, call->target.text);
    else if ((ms & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) != 0)
        /* With one mount namespace nothing propagates: accept private, refuse shared. */
        ret = (ms & MS_PRIVATE) != 0 ? 0 : -EINVAL;
    else if ((ms & MS_MOVE) != 0)
        ret = vfs_move_mount(&context, call->source.text, call->target.text);
    else
        ret = vfs_mount(&context, call->source.text, call->target.text, call->type.text,
                        mount_flags_of(ms), call->options.text);
    process_vfs_end(&context);
    return ret;
}

int64_t sys_mount(vaddr_t source, vaddr_t target, vaddr_t type, uint64_t flags, vaddr_t options)
{
    uint64_t ms = (flags & 0xffff0000u) == MS_MAGIC ? flags & 0xffff : flags;
    int64_t ret = 0;

    if (!cred_has_cap(cred_current(), CAP_SYS_ADMIN))
        return -EPERM;
    if ((ms & ~(uint64_t)MS_KNOWN) != 0) {
        log_warn("mount: flags 0x%lx are not supported", ms & ~(uint64_t)MS_KNOWN);
        return -EINVAL;
    }
    struct mount_call *call = heap_zalloc(sizeof(*call));

    if (!call)
        return -ENOMEM;
    ret = optional_text(&call->source, source);
    if (ret == 0)
        ret = user_name_get(&call->target, target);
    if (ret == 0)
        ret = optional_text(&call->type, type);
    if (ret == 0)
        ret = optional_text(&call->options, options);
    if (ret == 0)
        ret = mount_call_run(call, ms);
    heap_free(call->source.heap);
    heap_free(call->target.heap);
    heap_free(call->type.heap);
    heap_free(call->options.heap);
    heap_free(call);
    return ret;
}

int64_t sys_umount2(vaddr_t path, unsigned flags)
{
    struct vfs_context context;
    struct user_name name;

    if (!cred_has_cap(cred_current(), CAP_SYS_ADMIN))
        return -EPERM;
    if ((flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)) != 0)
        return -EINVAL;
    int64_t ret = user_name_get(&name, path);

    if (ret != 0)
        return ret;
    process_vfs_begin(&context);
    ret = vfs_unmount(&context, name.text, (flags & MNT_DETACH) != 0);
    process_vfs_end(&context);
    user_name_put(&name);
    return ret;
}
