/* SPDX-License-Identifier: Apache-2.0 */
/* Where strings of JSON may end, 64 bytes at a time, by plain code or by vectors. Private to
 * hashset/. */
#ifndef CU_HASHSET_MARKS_H
#define CU_HASHSET_MARKS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes words of 64 bits, from 64 bytes of p each: bit n where byte n is a quote, a backslash
 * or a control character (below 20 hexadecimal). Source: RFC 8259 section 7.
 */
typedef void cu_json_marker(const uint8_t *p, size_t words, uint64_t *out);

extern cu_json_marker cu_json_mark_plain;
extern cu_json_marker cu_json_mark_avx2; /* where CU_HASHSET_VECTORS is defined */

/* The fastest that runs here. */
cu_json_marker *cu_json_marker_best(void);

#endif
