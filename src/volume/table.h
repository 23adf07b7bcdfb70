/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of partition tables share. Private to volume/. */
#ifndef CU_VOLUME_TABLE_H
#define CU_VOLUME_TABLE_H

#include "base/bytes.h"
#include "volume/volume.h"

/* Adds a piece as the table claims it; pieces may overlap and lie anywhere until they are
 * settled. */
cu_status cu_volumes_add(cu_volumes *volumes, const cu_volume *volume,
                         cu_err *err) CU_MUST_CHECK;
cu_status cu_volumes_remark(cu_volumes *volumes, uint64_t offset, cu_err *err,
                            const char *format, ...) CU_PRINTF(4, 5);

/* One sector of the table, whole. */
cu_status cu_volumes_sector(const cu_reader *device, uint64_t number, uint32_t sector_bytes,
                            uint8_t *out, cu_err *err) CU_MUST_CHECK;

enum { cu_sector_max = 4096 };

/* Each fills volumes where its table is there; *found says so. sector_bytes is
 * volumes->sector_bytes. */
cu_status cu_gpt_read(const cu_reader *device, cu_volumes *volumes, bool *found,
                      cu_err *err) CU_MUST_CHECK;
cu_status cu_mbr_read(const cu_reader *device, cu_volumes *volumes, bool *found,
                      cu_err *err) CU_MUST_CHECK;
/* A remark where the MBR before a GPT names partitions that the GPT does not. */
cu_status cu_mbr_remark_hybrid(const cu_reader *device, cu_volumes *volumes,
                               cu_err *err) CU_MUST_CHECK;
/* Sets volumes->sector_bytes to the map's own block. */
cu_status cu_apm_read(const cu_reader *device, cu_volumes *volumes, bool *found,
                      cu_err *err) CU_MUST_CHECK;

/* A remark where the device begins with a table of a kind that is not read. */
cu_status cu_label_remark(const cu_reader *device, cu_volumes *volumes,
                          cu_err *err) CU_MUST_CHECK;

#endif
