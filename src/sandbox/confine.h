/* SPDX-License-Identifier: Apache-2.0 */
/* The walls themselves: Landlock, seccomp, resource limits. Private to sandbox/. */
#ifndef CU_SANDBOX_CONFINE_H
#define CU_SANDBOX_CONFINE_H

#include "sandbox/sandbox.h"

#include <sys/types.h>

/* Sanitizers map their shadow and print their report with a few calls more. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* For the zygote: no files by name, no network, no new programs; it may still fork and pass
 * fds. */
cu_status cu_confine_zygote(cu_sandbox_level *level, cu_err *err);

/*
 * For a fork of the process zygote: it ends with that one, has the limits, and only what
 * reading open files and computing needs. CU_ECHILD: the zygote ended before.
 */
cu_status cu_confine_item(pid_t zygote, const cu_sandbox_limits *limits, cu_err *err);

#endif
