/* SPDX-License-Identifier: Apache-2.0 */
/* PDQ: 256 bits that stay nearly the same when a picture is resized, re-saved or stamped. */
#ifndef CU_PDQ_PDQ_H
#define CU_PDQ_PDQ_H

#include "base/bytes.h"

enum {
    cu_pdq_bytes = 32,
    cu_pdq_smallest_side = 5,      /* of a picture that has a hash */
    cu_pdq_largest_side = 1 << 20, /* of a picture that is taken */
    cu_pdq_quality_floor = 50,     /* below it, a hash says too little to match by */
    cu_pdq_same_picture = 10,      /* distance up to which two files are the same picture */
    cu_pdq_similar = 31,           /* distance up to which they are worth a person's look */
};

/*
 * Two ways of hashing are in use, and their hashes of one file differ by 8 bits in the mean and
 * by up to 84 on fine textures. A hash is only ever compared with one of its own variant.
 */
typedef enum cu_pdq_variant {
    CU_PDQ_A, /* the C++ reference: nearest neighbour to 512x512 first where a side is longer */
    CU_PDQ_F, /* full resolution: pdqhash-python, pytx, HMA, the Java port */
    cu_pdq_variants,
} cu_pdq_variant;

/* In the order of the printed text: its hexadecimal (cu_hex_encode) is the hash as published.
 */
typedef struct cu_pdq_code {
    uint8_t bytes[cu_pdq_bytes];
} cu_pdq_code;

/* The picture as it is, turned and mirrored: what a hash would be of the changed picture. */
typedef enum cu_pdq_turn {
    CU_PDQ_AS_IS,
    CU_PDQ_ROTATED_90,
    CU_PDQ_ROTATED_180,
    CU_PDQ_ROTATED_270,
    CU_PDQ_MIRRORED_X, /* upside down */
    CU_PDQ_MIRRORED_Y, /* left to right */
    CU_PDQ_TRANSPOSED,
    CU_PDQ_TRANSPOSED_BACK,
    cu_pdq_turns,
} cu_pdq_turn;

typedef struct cu_pdq_hash {
    cu_pdq_code codes[cu_pdq_turns]; /* by cu_pdq_turn; [CU_PDQ_AS_IS] is the hash to keep */
    int quality;                     /* 0 (featureless) to 100 */
} cu_pdq_hash;

/*
 * Pixels of 8 bits, row after row, borrowed. Three channels are R, G, B of each pixel in turn;
 * one channel is grey.
 *
 * One channel may also be the luminance that a JPEG holds, taken without its colours. That is
 * near free, and near the hash of the colours but not it: 0.7 bits away in the mean, 4 at worst
 * on photographs. Whoever keeps such a hash says so beside it.
 */
typedef struct cu_pdq_pixels {
    const uint8_t *p;
    size_t stride_bytes; /* from a row to the next; what a row takes at least */
    size_t plane_bytes;  /* not 0: each channel has rows of its own, so far from one another */
    uint32_t width, height;
    uint32_t channels; /* 1 or 3 */
} cu_pdq_pixels;

/* Memory to work in. Zero it to start; it grows as pictures need it, and is kept between them.
 */
typedef struct cu_pdq_scratch {
    void *p;
    size_t n;
} cu_pdq_scratch;

void cu_pdq_scratch_free(cu_pdq_scratch *scratch); /* leaves an empty one */

/*
 * Hashes pixels. The bits are those of the reference on the same pixels, on every machine. A
 * side under cu_pdq_smallest_side gives codes of zeros and quality 0, as the reference does.
 *
 * CU_EUSAGE  a side of 0 or over cu_pdq_largest_side, a stride that is too short, no such
 *            channels or variant.
 * CU_ENOMEM  no memory for the scratch. out is untouched on failure.
 *
 * Source: facebook/ThreatExchange, pdq/cpp (BSD), read for the order of its sums.
 */
cu_status cu_pdq_hash_pixels(const cu_pdq_pixels *pixels, cu_pdq_variant variant,
                             cu_pdq_scratch *scratch, cu_pdq_hash *out,
                             cu_err *err) CU_MUST_CHECK;

/* ---- a picture that comes in strips ---- */

enum { cu_pdq_strip_rows = 16 };

/*
 * As cu_pdq_hash_pixels of variant F, of a picture that is never in memory as a whole. shape
 * has its size and how its strips lie; p may be NULL. What is known so far lies in scratch,
 * which the caller leaves alone until the end. Failures as there.
 */
cu_status cu_pdq_begin(const cu_pdq_pixels *shape, cu_pdq_scratch *scratch,
                       cu_err *err) CU_MUST_CHECK;

/* The next cu_pdq_strip_rows rows, or what is left of the picture, at p. */
void cu_pdq_take(cu_pdq_scratch *scratch, const uint8_t *p);

/* Called once all rows were taken. */
void cu_pdq_end(cu_pdq_scratch *scratch, cu_pdq_hash *out);

/* ---- other views of a picture ---- */

enum { cu_pdq_views_max = 64 };

/* What somebody may have done to the picture, and the view takes back. */
typedef enum cu_pdq_change {
    CU_PDQ_FRAMED,       /* put into a frame, a border, a screen */
    CU_PDQ_CROPPED,      /* its edges cut off, by amount of each side */
    CU_PDQ_CROPPED_LEFT, /* one edge alone cut off, by amount of the side that is left */
    CU_PDQ_CROPPED_RIGHT,
    CU_PDQ_CROPPED_TOP,
    CU_PDQ_CROPPED_BOTTOM,
    CU_PDQ_WIDENED,       /* the known one was cut, this one was not, by amount */
    CU_PDQ_ROTATED,       /* by amount to the right, on a canvas of the same size */
    CU_PDQ_ROTATED_CUT,   /* likewise, and the empty corners cut off */
    CU_PDQ_ROTATED_GROWN, /* likewise, on a canvas that grew to hold it */
    cu_pdq_changes,
} cu_pdq_change;

/*
 * The hash of what the picture may have been before somebody changed it. A guess: a hit by one
 * says that the picture may be a changed copy, and how it was changed. Plain numbers, so that
 * it may travel between processes.
 */
typedef struct cu_pdq_view {
    uint32_t change; /* cu_pdq_change */
    int32_t amount;  /* tenths of a per cent, or of a degree */
    cu_pdq_hash hash;
} cu_pdq_view;

const char *cu_pdq_change_word(cu_pdq_change change); /* "framed", "cropped", … */

/*
 * Hashes other views of pixels, the likeliest first: at most cu_pdq_views_max, none for a
 * picture whose smaller side is under 32. They are made from a small grey copy, so they stand
 * between both variants and may be compared with hashes of either.
 *
 * Costs 40 ms or more (about one a view), whatever the size. Failures as cu_pdq_hash_pixels;
 * count is 0 then.
 */
cu_status cu_pdq_hash_views(const cu_pdq_pixels *pixels, cu_pdq_view out[cu_pdq_views_max],
                            size_t *count, cu_err *err) CU_MUST_CHECK;

/* How many bits differ: 0 to 256. */
unsigned cu_pdq_distance(const cu_pdq_code *a, const cu_pdq_code *b);

/* Exactly 64 hexadecimal digits; false, out untouched, otherwise. */
bool cu_pdq_parse(cu_bytes text, cu_pdq_code *out);

const char *cu_pdq_variant_word(cu_pdq_variant variant); /* "A" or "F" */
const char *cu_pdq_turn_word(cu_pdq_turn turn); /* "as-is", "rotated-90", "mirrored-x", … */

/* A name of the code that runs here: "avx512", "avx2", "plain". */
const char *cu_pdq_engine(void);

#endif
