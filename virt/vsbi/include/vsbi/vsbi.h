/*
 * The supervisor binary interface for guests: numbers, and validation of arguments.
 *
 * Pure. RISC-V SBI specification 2.0. The calls are implemented in virt/vcpu (BASE TIME IPI RFENCE
 * HSM SRST) and virt/vm (console); the functions here decode and check arguments first, so that a
 * failing call has no effect.
 */
#ifndef VSBI_VSBI_H
#define VSBI_VSBI_H

#include <base/compiler.h>
#include <base/types.h>
#include <sbi/numbers.h>

#define SBI_SPEC_VERSION 0x02000000 /* 2.0 */
/* Not in the registry of implementations; identifies this hypervisor to Trine guests. */
#define SBI_IMPL_TRINE   0x5452494e
#define SBI_IMPL_VERSION 1

/* Result of SBI_BASE_PROBE: 1 if guests have the extension, else 0. */
uint64_t vsbi_probe(uint64_t extension);

/*
 * Convert (mask, base) of a guest with hart ids 0 to nr_harts - 1 to a mask of hart ids; base = ~0
 * means all. 0, or SBI_ERR_INVALID_PARAM if it includes a hart that does not exist.
 */
int vsbi_harts(uint64_t mask, uint64_t base, unsigned nr_harts, uint64_t *harts) MUST_CHECK;

/* A range of a remote fence: single pages, or everything. */
struct vsbi_range {
    uint64_t start;
    unsigned nr_pages; /* 0: everything */
};

#define VSBI_RANGE_PAGES_MAX 32 /* beyond it fencing everything is cheaper */

/* Decode start and size as passed by the guest: size 0 or ~0 is everything. 0 or
 * SBI_ERR_INVALID_ADDRESS. */
int vsbi_range(uint64_t start, uint64_t size, struct vsbi_range *range) MUST_CHECK;

/*
 * Decode a buffer in guest-physical memory, passed as (size, low word, high word of the address).
 * 0, or SBI_ERR_INVALID_PARAM if it wraps or is not below 2^56.
 */
int vsbi_buffer(uint64_t size, uint64_t low, uint64_t high, gpa_t *gpa) MUST_CHECK;

#endif
