/* SPDX-License-Identifier: Apache-2.0 */
/* What libjpeg read in the headers, for our own reader of the scan. Private to picture/. */
#ifndef CU_PICTURE_BASELINE_HEADERS_H
#define CU_PICTURE_BASELINE_HEADERS_H

#include "picture/baseline.h"

#include <stdio.h>

#include <jpeglib.h>

/*
 * Call behind jpeg_read_header, with jpeg_mem_src. out borrows from jpeg and from its source.
 * False where it is no grey or YCbCr picture in one baseline scan.
 */
bool cu_baseline_of_headers(const struct jpeg_decompress_struct *jpeg, cu_baseline *out);

#endif
