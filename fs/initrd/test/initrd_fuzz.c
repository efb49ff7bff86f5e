/*
 * Hostile initrds: whatever the bytes, unpacking ends with a result and leaves a root that can be
 * walked.
 */
#include <initrd/initrd.h>

#include "../../ramfs/test/world.h"

/* Reads every file and removes everything again, so that inputs do not pile up. */
static void clear_dir(const char *name, int depth);

struct clear_sink {
    struct dir_sink sink;
    char name[NAME_MAX + 1];
    unsigned type;
    bool has_name;
};

static bool take_first(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                       unsigned dt_type, uint64_t pos)
{
    struct clear_sink *cs = container_of(sink, struct clear_sink, sink);

    (void)ino, (void)pos;
    if (name_len <= 2 && memcmp(name, "..", name_len) == 0)
        return true;
    if (cs->has_name)
        return false;
    memcpy(cs->name, name, name_len);
    cs->name[name_len] = '\0';
    cs->type = dt_type;
    cs->has_name = true;
    return true;
}

static void clear_dir(const char *name, int depth)
{
    char path[PATH_MAX];
    char byte[512];

    for (;;) {
        struct clear_sink cs = {.sink.emit = take_first};
        struct file *dir;

        if (vfs_open(CTX, NULL, name, O_RDONLY | O_DIRECTORY, 0, &dir) != 0)
            abort();
        if (file_iterate(dir, &cs.sink) != 0)
            abort();
        file_put(dir);
        if (!cs.has_name)
            return;
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", name, cs.name) >= sizeof(path))
            return;
        if (cs.type == DT_DIR) {
            clear_dir(path, depth + 1);
            if (vfs_rmdir(CTX, NULL, path) != 0)
                return; /* too deep to be named in full */
        } else {
            if (cs.type == DT_REG)
                (void)read_file(path, byte, sizeof(byte));
            if (vfs_unlink(CTX, NULL, path) != 0)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;

    if (!is_ready && world_init() != 0)
        abort();
    is_ready = true;
    if (size > (1u << 20))
        return 0;
    struct frame *frames = frame_alloc_contig(size / PAGE_SIZE + 1, 1, 0);

    if (frames == NULL)
        return 0;
    memcpy(frame_to_virt(frames), data, size);
    (void)initrd_unpack(frame_to_virt(frames), size);
    clear_dir("/", 0);
    frame_free_contig(frames, size / PAGE_SIZE + 1);
    return 0;
}
