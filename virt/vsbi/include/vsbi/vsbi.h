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

/* Extension ids. */
#define SBI_EXT_LEGACY_SET_TIMER   0x00
#define SBI_EXT_LEGACY_PUTCHAR     0x01
#define SBI_EXT_LEGACY_GETCHAR     0x02
#define SBI_EXT_LEGACY_CLEAR_IPI   0x03
#define SBI_EXT_LEGACY_SEND_IPI    0x04
#define SBI_EXT_LEGACY_FENCE_I     0x05
#define SBI_EXT_LEGACY_SFENCE      0x06
#define SBI_EXT_LEGACY_SFENCE_ASID 0x07
#define SBI_EXT_LEGACY_SHUTDOWN    0x08
#define SBI_EXT_BASE               0x10
#define SBI_EXT_TIME               0x54494d45
#define SBI_EXT_IPI                0x735049
#define SBI_EXT_RFENCE             0x52464e43
#define SBI_EXT_HSM                0x48534d
#define SBI_EXT_SRST               0x53525354
#define SBI_EXT_DBCN               0x4442434e

/* Function ids. */
enum {
    SBI_BASE_SPEC_VERSION = 0,
    SBI_BASE_IMPL_ID = 1,
    SBI_BASE_IMPL_VERSION = 2,
    SBI_BASE_PROBE = 3,
    SBI_BASE_MVENDORID = 4,
    SBI_BASE_MARCHID = 5,
    SBI_BASE_MIMPID = 6,
};
enum { SBI_TIME_SET_TIMER = 0 };
enum { SBI_IPI_SEND = 0 };
enum {
    SBI_RFENCE_FENCE_I = 0,
    SBI_RFENCE_SFENCE = 1,
    SBI_RFENCE_SFENCE_ASID = 2, /* 3 to 6 are for hypervisors: refused */
};
enum {
    SBI_HSM_START = 0,
    SBI_HSM_STOP = 1,
    SBI_HSM_STATUS = 2,
    SBI_HSM_SUSPEND = 3,
};
enum { SBI_SRST_RESET = 0 };
enum {
    SBI_DBCN_WRITE = 0,
    SBI_DBCN_READ = 1,
    SBI_DBCN_WRITE_BYTE = 2,
};

enum {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_DENIED = -4,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
    SBI_ERR_ALREADY_STARTED = -7,
    SBI_ERR_ALREADY_STOPPED = -8,
};

/* Hart states of HSM. */
enum {
    SBI_HART_STARTED = 0,
    SBI_HART_STOPPED = 1,
    SBI_HART_START_PENDING = 2,
    SBI_HART_STOP_PENDING = 3,
    SBI_HART_SUSPENDED = 4,
};

/* Types of HSM's hart_suspend: the defaults. All others are reserved or platform-specific. */
#define SBI_SUSPEND_RETENTIVE     0u
#define SBI_SUSPEND_NON_RETENTIVE 0x80000000u

enum { SBI_RESET_SHUTDOWN = 0, SBI_RESET_COLD = 1, SBI_RESET_WARM = 2 };
enum { SBI_REASON_NONE = 0, SBI_REASON_FAILURE = 1 };

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
