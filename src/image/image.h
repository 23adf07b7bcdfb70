/* SPDX-License-Identifier: Apache-2.0 */
/* A seized disk as one long run of bytes, whatever container holds it. Never writes. */
#ifndef CU_IMAGE_IMAGE_H
#define CU_IMAGE_IMAGE_H

#include "base/bytes.h"
#include "base/reader.h"

enum {
    cu_image_segments_max = 4096,
    cu_image_gaps_max = 65536,
};

/* One open file of a source, in order. */
typedef struct cu_segment {
    int fd;         /* read-only; owned by the list */
    uint64_t bytes; /* its length */
    char name[256]; /* its name without folders, for messages */
} cu_segment;

/*
 * All files that make up a source, found by the broker from the path of the first: the segments
 * of an E01 (E01 … E99, EAA … ZZZ, and s01 likewise), of a split raw image (.000/.001 …, .aa
 * …), the extents that a VMDK descriptor names (only in the descriptor's own folder). Nothing
 * else is parsed here; a missing segment in the middle is a CU_ENOTFOUND that names it, unless
 * allow_gaps.
 */
typedef struct cu_segments {
    cu_segment *list;
    size_t count;
    uint32_t sector_bytes; /* of a block device, else 0 */
    bool is_device;
} cu_segments;

cu_status cu_segments_open(const char *path, cu_segments *out, cu_err *err) CU_MUST_CHECK;
void cu_segments_close(cu_segments *segments);

/* CU_EUSAGE, which names the first, where one of the files at paths is none of the segments. */
cu_status cu_segments_expect(const cu_segments *segments, const char *const *paths,
                             size_t count, cu_err *err) CU_MUST_CHECK;

/* What a container says of itself. Every field is a claim of the container. */
typedef struct cu_image_facts {
    char format[16];       /* "raw", "split-raw", "ewf", "vhd", "vmdk", "qcow2", "aff4" */
    uint64_t bytes;        /* of the media inside */
    uint32_t sector_bytes; /* 512 where the container does not say */
    uint32_t unit_bytes;   /* best to read in multiples of this: the chunk of a compressed
                              container; else 0 */
    bool has_md5;
    bool has_sha1;
    uint8_t stored_md5[16]; /* of the media, as the acquisition recorded it */
    uint8_t stored_sha1[20];
} cu_image_facts;

/* A part of the media that could not be read; it reads as zero. */
typedef struct cu_image_gap {
    uint64_t offset;
    uint64_t bytes;
    char why[96]; /* "chunk checksum is wrong", "segment 3 is missing", "Input/output error" */
} cu_image_gap;

typedef struct cu_image cu_image;

/* Has the libraries behind the formats set themselves up: before the sandbox closes. CU_ENOMEM.
 */
cu_status cu_image_prepare(cu_err *err) CU_MUST_CHECK;

/*
 * Finds the container's format by content, not by name. Runs where hostile bytes may do no
 * harm: in the custos-device child. segments are borrowed until cu_image_close.
 *
 * out   owned by the caller, freed with cu_image_close; untouched on failure.
 *
 * CU_EIO           a segment cannot be read at all.
 * CU_EFORMAT       a format claims it, but its structure is broken beyond use.
 * CU_EUNSUPPORTED  a format claims it that is not read: encrypted, differencing, a newer
 * version.
 */
cu_status cu_image_open(const cu_segments *segments, cu_image **out, cu_err *err) CU_MUST_CHECK;
void cu_image_close(cu_image *image);
CU_DEFINE_AUTO(cu_image, cu_image_close)

const cu_image_facts *cu_image_get_facts(const cu_image *image);

typedef void cu_image_gap_told(void *context, const cu_image_gap *gap);

/* Bytes of the media that are wanted, and who is told of what cannot be read (NULL: nobody). */
typedef struct cu_image_piece {
    uint64_t offset;
    uint8_t *out;
    size_t n;
    cu_image_gap_told *told;
    void *context;
} cu_image_piece;

/*
 * Fills the piece. What cannot be read is zero and is told: each gap once a call, in order,
 * sector or chunk wide. CU_EFORMAT past the end. Not for two threads at once on one image.
 */
cu_status cu_image_read_at(cu_image *image, const cu_image_piece *wanted,
                           cu_err *err) CU_MUST_CHECK;

/*
 * What was found wrong when the container was opened and did not stop it: "segment 3 is
 * missing", "table checksum is wrong, the copy was used". index from 0; NULL past the last.
 */
const char *cu_image_remark(const cu_image *image, size_t index);

#endif
