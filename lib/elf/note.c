/*
 * Notes: three words (sizes of name and descriptor, type), the name and the descriptor, each padded
 * to 4.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

#define NOTE_HEADER_SIZE 12

int elf_note_next(const void *notes, size_t size, size_t *pos, struct elf_note *note)
{
    uint32_t header[3];
    size_t left, name_padded;

    if (*pos >= size)
        return 0;
    left = size - *pos;
    if (left < NOTE_HEADER_SIZE)
        return -ENOEXEC;
    memcpy(header, (const uint8_t *)notes + *pos, sizeof(header));
    left -= NOTE_HEADER_SIZE;
    name_padded = ALIGN_UP((size_t)header[0], 4);
    if (name_padded > left || header[1] > left - name_padded)
        return -ENOEXEC;
    note->name = (const char *)notes + *pos + NOTE_HEADER_SIZE;
    note->name_size = header[0];
    note->desc = note->name + name_padded;
    note->desc_size = header[1];
    note->type = header[2];
    /* The padding of the last descriptor may be missing. */
    *pos +=
        NOTE_HEADER_SIZE + name_padded + MIN(ALIGN_UP((size_t)header[1], 4), left - name_padded);
    return 1;
}
