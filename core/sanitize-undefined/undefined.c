/*
 * Called by compiled code where the C standard leaves the behaviour undefined
 * (-fsanitize=undefined; the names and the layout of the data are those of LLVM's
 * UndefinedBehaviorSanitizer). Each reports what, where in the source, and on which stack; the
 * kernel continues.
 */
#include <arch/cpu.h>
#include <sanitize/sanitize.h>

struct place {
    const char *file;
    uint32_t line, column;
};

struct type {
    uint16_t kind; /* 0: integer */
    uint16_t info; /* an integer: bit 0 signed, the others log2 of its bits */
    char name[];
};

#define PC() ((uintptr_t)__builtin_return_address(0))

/* A value that fits in a register comes as itself; larger ones are not printed. */
static long value_of(const struct type *type, uintptr_t value)
{
    unsigned bits = 1u << (type->info >> 1);

    if (type->kind != 0 || bits > 64)
        return 0;
    if (bits == 64)
        return (long)value;
    value <<= 64 - bits;
    return type->info & 1 ? (long)value >> (64 - bits) : (long)(value >> (64 - bits));
}

static bool begin(const char *what, const struct place *at, uintptr_t pc, unsigned long *irq)
{
    if (sanitize_is_paused() || !sanitize_report_begin(pc, 0, irq))
        return false;
    sanitize_print("\nsanitizer: undefined: %s at %s:%u:%u\n", what, at->file, at->line,
                   at->column);
    return true;
}

static void end(uintptr_t pc, unsigned long irq)
{
    struct sanitize_stack stack;

    sanitize_stack_take(&stack, pc);
    sanitize_print_stack("executed on", &stack);
    sanitize_report_end(irq);
}

static void say(const char *what, const struct place *at, uintptr_t pc)
{
    unsigned long irq;

    if (begin(what, at, pc, &irq))
        end(pc, irq);
}

/* --- arithmetic ------------------------------------------------------------------------------- */

struct overflow {
    struct place at;
    const struct type *type;
};

static void overflow(const struct overflow *data, const char *what, uintptr_t a, uintptr_t b,
                     uintptr_t pc)
{
    unsigned long irq;

    if (!begin(what, &data->at, pc, &irq))
        return;
    sanitize_print("operands %ld and %ld of type %s\n", value_of(data->type, a),
                   value_of(data->type, b), data->type->name);
    end(pc, irq);
}

#define OVERFLOW(name, what)                                                                       \
    void __ubsan_handle_##name(const struct overflow *data, uintptr_t a, uintptr_t b);             \
    void __ubsan_handle_##name(const struct overflow *data, uintptr_t a, uintptr_t b)              \
    {                                                                                              \
        overflow(data, what, a, b, PC());                                                          \
    }

OVERFLOW(add_overflow, "overflow of an addition")
OVERFLOW(sub_overflow, "overflow of a subtraction")
OVERFLOW(mul_overflow, "overflow of a multiplication")
OVERFLOW(divrem_overflow, "division by zero, or its overflow,")

void __ubsan_handle_negate_overflow(const struct overflow *data, uintptr_t a);
void __ubsan_handle_negate_overflow(const struct overflow *data, uintptr_t a)
{
    overflow(data, "overflow of a negation", 0, a, PC());
}

struct shift {
    struct place at;
    const struct type *left, *right;
};

void __ubsan_handle_shift_out_of_bounds(const struct shift *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_shift_out_of_bounds(const struct shift *data, uintptr_t a, uintptr_t b)
{
    unsigned long irq;

    if (!begin("shift out of bounds", &data->at, PC(), &irq))
        return;
    sanitize_print("%ld of type %s by %ld\n", value_of(data->left, a), data->left->name,
                   value_of(data->right, b));
    end(PC(), irq);
}

/* --- objects and pointers --------------------------------------------------------------------- */

struct bounds {
    struct place at;
    const struct type *array, *index;
};

void __ubsan_handle_out_of_bounds(const struct bounds *data, uintptr_t index);
void __ubsan_handle_out_of_bounds(const struct bounds *data, uintptr_t index)
{
    unsigned long irq;

    if (!begin("index out of bounds", &data->at, PC(), &irq))
        return;
    sanitize_print("index %ld of %s\n", value_of(data->index, index), data->array->name);
    end(PC(), irq);
}

struct mismatch {
    struct place at;
    const struct type *type;
    uint8_t log2_alignment, access;
};

void __ubsan_handle_type_mismatch_v1(const struct mismatch *data, uintptr_t pointer);
void __ubsan_handle_type_mismatch_v1(const struct mismatch *data, uintptr_t pointer)
{
    uintptr_t mask = (1ul << data->log2_alignment) - 1;
    unsigned long irq;

    if (!begin(pointer == 0     ? "use of a null pointer"
               : pointer & mask ? "use of a misaligned pointer"
                                : "use of an object that is too small",
               &data->at, PC(), &irq))
        return;
    sanitize_print("pointer %p to %s\n", (void *)pointer, data->type->name);
    end(PC(), irq);
}

struct pointer_overflow {
    struct place at;
};

void __ubsan_handle_pointer_overflow(const struct pointer_overflow *data, uintptr_t base,
                                     uintptr_t result);
void __ubsan_handle_pointer_overflow(const struct pointer_overflow *data, uintptr_t base,
                                     uintptr_t result)
{
    unsigned long irq;

    if (!begin("overflow of a pointer", &data->at, PC(), &irq))
        return;
    sanitize_print("%p became %p\n", (void *)base, (void *)result);
    end(PC(), irq);
}

/* --- the rest --------------------------------------------------------------------------------- */

struct value {
    struct place at;
    const struct type *type;
};

void __ubsan_handle_load_invalid_value(const struct value *data, uintptr_t value);
void __ubsan_handle_load_invalid_value(const struct value *data, uintptr_t value)
{
    unsigned long irq;

    if (!begin("load of an invalid value", &data->at, PC(), &irq))
        return;
    sanitize_print("%ld is no %s\n", value_of(data->type, value), data->type->name);
    end(PC(), irq);
}

#define PLAIN(name, what)                                                                          \
    void __ubsan_handle_##name(const struct place *at);                                            \
    void __ubsan_handle_##name(const struct place *at)                                             \
    {                                                                                              \
        say(what, at, PC());                                                                       \
    }

PLAIN(builtin_unreachable, "arrival at a place that cannot be reached")
PLAIN(missing_return, "end of a function without a value")
PLAIN(vla_bound_not_positive, "array of no positive length")
PLAIN(nonnull_arg, "null pointer as an argument that may not be one")
PLAIN(nonnull_return_v1, "null pointer returned where none may be")
PLAIN(invalid_builtin, "zero for a builtin that takes none")
