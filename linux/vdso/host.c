/*
 * The host's vDSO image is empty: no program runs it.
 */
#include <base/types.h>

extern const uint8_t vdso_image[8];
extern const uint8_t vdso_image_end[8] __attribute__((alias("vdso_image")));

const uint8_t vdso_image[8];
