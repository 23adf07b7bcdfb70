/* SPDX-License-Identifier: Apache-2.0 */
/* Time: UTC microseconds for records, a steady clock for rates and limits. */
#ifndef CU_BASE_CLOCK_H
#define CU_BASE_CLOCK_H

#include <stdint.h>

enum { cu_time_text_size = 48 };

/* Microseconds since 1970-01-01 UTC. Never used to measure how long a thing took. */
int64_t cu_clock_now_us(void);

/* Microseconds on a clock that never steps back. Means nothing but a difference. */
int64_t cu_clock_steady_us(void);

/* "2026-11-24T07:42:00.123456Z" into out (cu_time_text_size bytes); "-" for a year outside 1 to
 * 9999. */
void cu_clock_text(int64_t time_us, char *out);

#endif
