/* SPDX-License-Identifier: Apache-2.0 */
/* Which code runs on this processor: one line each, fastest first. */
#include "digest/lanes.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

/* Source: Intel SDM volume 2A, CPUID leaf 7: EBX bit 29. OpenSSL's rule, too. */
static bool has_sha(void)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0 &&
           __builtin_cpu_supports("ssse3") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

static bool has_avx2_sha(void)
{
    return has_avx2() && has_sha();
}

/* That the system saves the registers is part of the answer. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}

static bool has_avx512_sha(void)
{
    return has_avx512() && has_sha();
}

#endif

static bool always(void)
{
    return true;
}

/*
 * few: measured, where one stream after the other is faster than lanes that are mostly empty.
 * Plain lanes are fast where the compiler makes vectors of them: gcc does (1.15 times OpenSSL),
 * clang 14 does not (0.3 times).
 */
static const cu_digest_code codes[] = {
#if defined(__x86_64__)
    {"avx512+sha", has_avx512_sha, cu_single_sha, cu_lanes_avx512, 32, 6},
    {"avx512", has_avx512, cu_single_openssl, cu_lanes_avx512, 32, 3},
    {"avx2+sha", has_avx2_sha, cu_single_sha, cu_lanes_avx2_sha, 16, 5},
    {"avx2", has_avx2, cu_single_openssl, cu_lanes_avx2, 16, 3},
    {"sha", has_sha, cu_single_sha, NULL, 0, 0},
#endif
#if defined(__clang__)
    {"openssl", always, cu_single_openssl, NULL, 0, 0},
    {"plain", always, cu_single_openssl, cu_lanes_plain, 8, 3},
#else
    {"plain", always, cu_single_openssl, cu_lanes_plain, 8, 3},
    {"openssl", always, cu_single_openssl, NULL, 0, 0},
#endif
};

/* Chosen at the first use; every thread that races to it finds the same. */
static _Atomic(const cu_digest_code *) running;

static const cu_digest_code *find(const char *name)
{
    for (size_t i = 0; i < CU_COUNT_OF(codes); i++) {
        if ((name == NULL || strcmp(codes[i].name, name) == 0) && codes[i].runs_here())
            return &codes[i];
    }
    return NULL;
}

bool cu_digest_force(const char *name)
{
    const cu_digest_code *const found = find(name);

    if (found != NULL)
        atomic_store(&running, found);
    return found != NULL;
}

const cu_digest_code *cu_digest_running(void)
{
    const cu_digest_code *code = atomic_load_explicit(&running, memory_order_relaxed);

    if (code == NULL) {
        code = find(NULL);
        atomic_store(&running, code);
    }
    return code;
}

const char *cu_digest_code_name(size_t index)
{
    return index < CU_COUNT_OF(codes) ? codes[index].name : NULL;
}
