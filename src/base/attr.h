/* SPDX-License-Identifier: Apache-2.0 */
/* What we take from GNU C beyond gnu17, under our own names. */
#ifndef CU_BASE_ATTR_H
#define CU_BASE_ATTR_H

#define CU_MUST_CHECK          __attribute__((warn_unused_result))
#define CU_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define CU_CLEANUP(function)   __attribute__((cleanup(function)))
#define CU_UNUSED              __attribute__((unused))
#define CU_COUNT_OF(array)     (sizeof(array) / sizeof((array)[0]))

/*
 * Two more, where a measured loop needs them. CU_INLINE: a size that the caller knows reaches
 * memcpy as a constant. CU_PREFETCH: the line will be read soon; any address will do.
 */
#define CU_INLINE         __attribute__((always_inline)) inline
#define CU_PREFETCH(line) __builtin_prefetch(line)

/* The value of pointer, which is NULL afterwards: ownership is handed on. */
#define CU_MOVE(pointer)                                                                       \
    __extension__({                                                                            \
        __typeof__(pointer) cu_moved = (pointer);                                              \
        (pointer) = NULL;                                                                      \
        cu_moved;                                                                              \
    })

/* Declares `type *name = NULL`, closed when the block ends. Needs CU_DEFINE_AUTO(type, …). */
#define CU_AUTO(type, name) CU_CLEANUP(cu_auto_##type) type *name = NULL

#define CU_DEFINE_AUTO(type, closer)                                                           \
    CU_UNUSED static inline void cu_auto_##type(type **object)                                 \
    {                                                                                          \
        closer(*object);                                                                       \
    }

#endif
