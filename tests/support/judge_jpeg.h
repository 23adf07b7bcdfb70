/* SPDX-License-Identifier: Apache-2.0 */
/* Our reader of baseline JPEG before its judge: libjpeg on the same file. */
#ifndef CU_TESTS_SUPPORT_JUDGE_JPEG_H
#define CU_TESTS_SUPPORT_JUDGE_JPEG_H

#include "picture/baseline.h"

typedef enum judgement {
    JUDGED_NOT_OURS, /* refused, and the canvas is as it was begun */
    JUDGED_SAME,     /* read, each kept pixel is libjpeg's, and it had no complaint */
    JUDGED_OTHER,    /* read, and a pixel is another */
    JUDGED_BAD,      /* read, though libjpeg complains */
    JUDGED_LEFT,     /* refused, and something was left on the canvas */
} judgement;

judgement judge_jpeg(const cu_baseline_way *way, cu_bytes file);

/*
 * The file with its coefficients changed at random, by up to range; some blocks alone, and few
 * of each. Freed by the caller.
 */
uint8_t *change_coefficients(cu_bytes file, unsigned seed, int range, size_t *n);

#endif
