/*
 * On the host no program runs the vDSO: its image is empty.
 */
#include <base/types.h>

extern const uint8_t vdso_image[8];
extern const uint8_t vdso_image_end[8] __attribute__((alias("vdso_image")));

const uint8_t vdso_image[8];
