/* SPDX-License-Identifier: Apache-2.0 */
/* How far long work has come: told by the worker, shown by whoever holds the terminal. */
#ifndef CU_BASE_PROGRESS_H
#define CU_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Given to long work by its caller. tell may be NULL. It is called from one thread at a time, a
 * few times a second at most, and answers false to ask the work to stop (CU_ESTOPPED).
 */
typedef struct cu_progress {
    bool (*tell)(void *context, const char *stage, uint64_t done, uint64_t total);
    void *context;
    int64_t last_us; /* steady clock of the last call; zero to start */
} cu_progress;

/* Calls tell where a tenth of a second has gone by. progress may be NULL. False: stop. */
bool cu_progress_tell(cu_progress *progress, const char *stage, uint64_t done, uint64_t total);

#endif
