/*
 * Offsets into struct guest_state for enter.S; state.c checks them against the structure.
 */
#ifndef HEXT_OFFSETS_H
#define HEXT_OFFSETS_H

#define HEXT_X(n)        ((n)*8) /* frame.x[n]; x[0] is the pc */
#define HEXT_STATUS      256
#define HEXT_CAUSE       264
#define HEXT_VALUE       272
#define HEXT_HSTATUS     288
#define HEXT_HOST_SP     296
#define HEXT_HOST_TP     304
#define HEXT_HOST_STVEC  312
#define HEXT_HAS_SSTC    320
#define HEXT_SBI_BASE    328
#define HEXT_SBI_BASE_NR 7

#endif
