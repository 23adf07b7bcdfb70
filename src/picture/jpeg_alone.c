/* SPDX-License-Identifier: Apache-2.0 */
/* The list of formats of custos-jpeg, which is linked with no library but libjpeg. */
#include "picture/format.h"

const cu_picture_format *const cu_picture_formats[] = {&cu_picture_jpeg, NULL};
