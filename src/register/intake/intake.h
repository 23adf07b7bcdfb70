/* SPDX-License-Identifier: Apache-2.0 */
/* A received file is read in a child that can do no harm; its bytes are kept whatever comes. */
#ifndef CU_REGISTER_INTAKE_INTAKE_H
#define CU_REGISTER_INTAKE_INTAKE_H

#include "register/intake/tip.h"
#include "sandbox/sandbox.h"

enum { cu_intake_bytes_max = 256 << 20 }; /* of one received file */

/* Starts the child's program. Failures as cu_zygote_start. */
cu_status cu_intake_start(cu_zygote **out, cu_err *err) CU_MUST_CHECK;

/*
 * Reads one file. What a hostile or broken file does to the child is a problem of the tip, not
 * a failure: the answer is CU_OK, with what was understood until then.
 *
 * CU_ELIMIT  the file is larger than the ceiling: it is not read at all.
 */
cu_status cu_intake_read(cu_zygote *zygote, cu_bytes file, cu_arena *arena, cu_tip *out,
                         cu_err *err) CU_MUST_CHECK;

#endif
