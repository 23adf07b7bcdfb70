/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and their text. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t cu_clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t cu_clock_steady_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void cu_clock_text(int64_t time_us, char *out)
{
    int64_t seconds = time_us / 1000000;
    int64_t micros = time_us % 1000000;

    if (micros < 0) {
        micros += 1000000;
        seconds--;
    }

    const time_t at = (time_t)seconds;
    struct tm parts;

    if (gmtime_r(&at, &parts) == NULL || parts.tm_year < 1 - 1900 ||
        parts.tm_year > 9999 - 1900) {
        memcpy(out, "-", 2);
        return;
    }
    (void)snprintf(out, cu_time_text_size, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                   (parts.tm_year + 1900) % 10000, (parts.tm_mon + 1) % 100,
                   parts.tm_mday % 100, parts.tm_hour % 100, parts.tm_min % 100,
                   parts.tm_sec % 100, (int)(micros % 1000000));
}
