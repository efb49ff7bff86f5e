/*
 * Proof of core/tlsf's arithmetic of classes, over all block sizes.
 *
 * cbmc: --unwind 2 --function prove_classes
 * bound: prove_classes: all block sizes below 2^32 - 2^27
 */
#include <base/types.h>
#include <tlsf/inline.h>

uint64_t nondet_u64(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

/*
 * Bound: none; all block sizes below 2^32 - 2^27 (a request is below 2^31, and with its alignment
 * below 3 * 2^30 + 64). Any block of the class found, or of a later one, holds the request, and
 * it is the lowest such class; classes order as sizes do.
 */
void prove_classes(void)
{
    uint64_t request = nondet_u64(), block = nondet_u64();

    __CPROVER_assume(request >= TLSF_MIN_BLOCK && request < (1ull << 32) - (1ull << 27));
    __CPROVER_assume(block >= TLSF_MIN_BLOCK && block < 1ull << 32);
    __CPROVER_assume(request % TLSF_ALIGN == 0 && block % TLSF_ALIGN == 0);
    __CPROVER_assert(tlsf_class_of(block) < TLSF_NR_CLASSES, "a class");
    __CPROVER_assert(tlsf_class_for(request) < TLSF_NR_CLASSES, "a class to search from");
    if (tlsf_class_of(block) >= tlsf_class_for(request))
        __CPROVER_assert(block >= request, "a block that is found is large enough");
    if (block <= request)
        __CPROVER_assert(tlsf_class_of(block) <= tlsf_class_of(request),
                         "classes order as sizes do");
    __CPROVER_assert(tlsf_class_for(request) <= tlsf_class_of(request) + 1,
                     "at most one class is skipped");
    if (request > TLSF_MIN_BLOCK && tlsf_class_of(request - TLSF_ALIGN) < tlsf_class_of(request))
        __CPROVER_assert(tlsf_class_for(request) == tlsf_class_of(request),
                         "none is skipped whose smallest block is the request");
}
