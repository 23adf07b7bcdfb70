/* SPDX-License-Identifier: Apache-2.0 */
/* Private: where one magic serves many types, a probe looks further and names one, or NULL. */
#ifndef CU_FILETYPE_PROBE_H
#define CU_FILETYPE_PROBE_H

#include "base/bytes.h"

/* True where head holds the characters of text at offset at. */
bool cu_filetype_has(cu_bytes head, size_t at, const char *text);

/* True where the characters of text are anywhere in head. */
bool cu_filetype_holds(cu_bytes head, const char *text);

/* Media: sound and moving pictures. */
const char *cu_filetype_riff(cu_bytes head);
const char *cu_filetype_form(cu_bytes head);
const char *cu_filetype_boxes(cu_bytes head); /* ISO base media and QuickTime */
const char *cu_filetype_ebml(cu_bytes head);
const char *cu_filetype_ogg(cu_bytes head);
const char *cu_filetype_sound(cu_bytes head); /* MPEG audio and AAC frames */
const char *cu_filetype_id3(cu_bytes head);
const char *cu_filetype_asf(cu_bytes head);
const char *cu_filetype_transport(cu_bytes head); /* MPEG transport stream */

/* Pictures. */
const char *cu_filetype_jpeg(cu_bytes head);
const char *cu_filetype_png(cu_bytes head);
const char *cu_filetype_bmp(cu_bytes head);
const char *cu_filetype_icon(cu_bytes head);
const char *cu_filetype_tiff(cu_bytes head);
const char *cu_filetype_jp2(cu_bytes head);
const char *cu_filetype_jxl(cu_bytes head);

/* Documents, archives, text. */
const char *cu_filetype_zip(cu_bytes head);
const char *cu_filetype_ole(cu_bytes head);
const char *cu_filetype_tar(cu_bytes head);
const char *cu_filetype_fat_binary(cu_bytes head);
const char *cu_filetype_text(cu_bytes head);

/* Magics of two or three bytes. */
const char *cu_filetype_mz(cu_bytes head);
const char *cu_filetype_bzip2(cu_bytes head);
const char *cu_filetype_compress(cu_bytes head);
const char *cu_filetype_arj(cu_bytes head);
const char *cu_filetype_cpio(cu_bytes head);
const char *cu_filetype_wide(cu_bytes head); /* UTF-16 text */

#endif
