/*
 * The types, units and small arithmetic that every component shares.
 *
 * Addresses of different spaces are different types: a host-physical, a guest-physical and a
 * guest-virtual address are one-member structs, so that mixing them does not compile. Virtual
 * addresses of the running kernel or of a process are a scalar, since C pointers are.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>

typedef long ssize_t;

typedef struct {
    uint64_t v;
} paddr_t; /* host-physical */
typedef struct {
    uint64_t v;
} gpa_t; /* guest-physical */
typedef struct {
    uint64_t v;
} gva_t; /* guest-virtual */

typedef uint64_t vaddr_t;   /* virtual, kernel or process */
typedef uint64_t pfn_t;     /* physical address >> PAGE_SHIFT */
typedef uint32_t asid_t;    /* address-space identifier, satp.ASID */
typedef uint32_t vmid_t;    /* virtual-machine identifier, hgatp.VMID */
typedef uint64_t hartid_t;  /* the hardware's number of a hart; a dense index is an int "cpu" */
typedef uint64_t cpumask_t; /* bit n = CPU n */

#define PADDR(x) ((paddr_t){(uint64_t)(x)})
#define GPA(x)   ((gpa_t){(uint64_t)(x)})
#define GVA(x)   ((gva_t){(uint64_t)(x)})

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define NS_PER_SEC  1000000000ull
#define NS_PER_MSEC 1000000ull
#define NS_PER_USEC 1000ull

#define BIT(n)        (1ul << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* a: a power of two. */
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)   (((x) + (__typeof__(x))(a)-1) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define IS_POWER_OF_2(x) ((x) != 0 && ((x) & ((x)-1)) == 0)

#define MIN(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) min_a_ = (a);                                                                \
        __typeof__(b) min_b_ = (b);                                                                \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define MAX(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) max_a_ = (a);                                                                \
        __typeof__(b) max_b_ = (b);                                                                \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })

#define container_of(ptr, type, member)                                                            \
    ({                                                                                             \
        const __typeof__(((type *)0)->member) *member_ptr_ = (ptr);                                \
        (type *)((char *)member_ptr_ - offsetof(type, member));                                    \
    })

/* pfn of the page that holds pa. */
static inline pfn_t paddr_to_pfn(paddr_t pa)
{
    return pa.v >> PAGE_SHIFT;
}

static inline paddr_t pfn_to_paddr(pfn_t pfn)
{
    return PADDR(pfn << PAGE_SHIFT);
}

static inline paddr_t paddr_add(paddr_t pa, uint64_t nr_bytes)
{
    return PADDR(pa.v + nr_bytes);
}

#endif
