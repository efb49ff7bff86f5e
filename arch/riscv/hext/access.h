/*
 * C declarations for access.S.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <guest/guest.h>

uint64_t hext_load_u16_exec(uint64_t addr, uint16_t *out);
uint64_t hext_load_u64(uint64_t addr, uint64_t *out);

/* CSRs that may not exist: 0, or the cause of the trap. */
uint64_t hext_probe_vsiselect(void);
uint64_t hext_probe_jvt(void);
uint64_t hext_write_hvien(uint64_t value);
uint64_t hext_write_hvictl(uint64_t value);
uint64_t hext_write_hstateen1(uint64_t value);
uint64_t hext_write_hstateen2(uint64_t value);
uint64_t hext_write_hstateen3(uint64_t value);
uint64_t hext_write_hstateen0(uint64_t value);

#endif
