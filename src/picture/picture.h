/* SPDX-License-Identifier: Apache-2.0 */
/* A picture's hash and facts, from a decoder that runs in a sandbox: no suspect byte comes out.
 */
#ifndef CU_PICTURE_PICTURE_H
#define CU_PICTURE_PICTURE_H

#include "pdq/pdq.h"
#include "sandbox/sandbox.h"

enum {
    cu_picture_frames_max = 4,    /* hashes of one file, the first frame's included */
    cu_picture_text_bytes = 64,   /* of a camera's name or number, with its zero byte */
    cu_picture_reason_bytes = 96, /* of why, with its zero byte */
    /*
     * Distance over which a thumbnail is another picture than its own. Thumbnails of 160 pixels
     * are up to 34 bits from what they were made of; other pictures are at 90 and more.
     */
    cu_picture_thumbnail_differs = 40,
};

/* Ceilings. What meets one is said in the facts; nothing is dropped without a word. */
#define CU_PICTURE_PIXELS_MAX UINT64_C(200000000)
#define CU_PICTURE_FILE_MAX   UINT64_C(536870912) /* bytes */

/* How far a picture was decoded. */
typedef enum cu_picture_outcome {
    CU_PICTURE_WHOLE = 1,
    CU_PICTURE_PARTLY, /* the rest of it is mid-grey; reason says what stopped it */
    CU_PICTURE_NOT,    /* no pixel: nothing but the format and the reason is meant */
    cu_picture_outcomes,
} cu_picture_outcome;

/* What was done to a frame before it was hashed. */
typedef enum cu_picture_change {
    CU_PICTURE_AS_IS,      /* its colours, whatever its alpha */
    CU_PICTURE_OVER_WHITE, /* as seen on white paper, where it can be seen through */
    cu_picture_changes,
} cu_picture_change;

const char *cu_picture_change_word(cu_picture_change change); /* "", "over white" */

/* Numbers of exif that are unknown. */
#define CU_PICTURE_NO_TIME  INT64_MIN
#define CU_PICTURE_NO_ANGLE INT32_MIN

/*
 * What the file says of how it was made. All of it is the file's own claim. Texts are UTF-8
 * without control characters.
 */
typedef struct cu_picture_exif {
    int64_t
        taken_us; /* as the camera's clock showed it, taken for UTC where it names no zone */
    int32_t latitude; /* 10^-7 degrees, north and east positive */
    int32_t longitude;
    char make[cu_picture_text_bytes];
    char model[cu_picture_text_bytes];
    char serial[cu_picture_text_bytes];
} cu_picture_exif;

/* The small picture inside the picture's file. */
typedef struct cu_picture_thumbnail {
    uint64_t offset, bytes; /* in the file; bytes 0: there is none */
    uint32_t distance;      /* of its hash to the picture's; 257: it has none */
    uint32_t quality;       /* of its hash */
} cu_picture_thumbnail;

/* The answer of a child: fixed in size, and checked in each field before it counts. */
typedef struct cu_picture_facts {
    uint32_t outcome;       /* cu_picture_outcome */
    uint32_t width, height; /* as stored, before any orientation; 0 where not known */
    uint32_t frames;        /* pictures in the file, as far as they were counted; 1 or more */
    uint32_t orientation;   /* 1 to 8 as in EXIF; 1 where it is not said */
    uint32_t rows;          /* rows that were decoded, of height */
    uint32_t hash_count;    /* 0 with CU_PICTURE_NOT; the first is of frame 0 as it is */
    uint32_t has_full;      /* 1: full holds the first frame's hash of variant F */
    cu_pdq_hash hashes[cu_picture_frames_max];    /* of variant A */
    uint32_t hash_frames[cu_picture_frames_max];  /* which frame, from 0 */
    uint32_t hash_changes[cu_picture_frames_max]; /* cu_picture_change */
    cu_pdq_hash full;
    cu_picture_exif exif;
    cu_picture_thumbnail thumbnail;
    char format[16]; /* "jpeg", … ; "" where none claims it */
    char reason[cu_picture_reason_bytes];
} cu_picture_facts;

/* What the picture may have been before somebody changed it; see cu_pdq_hash_views. */
typedef struct cu_picture_views {
    uint32_t count;
    uint32_t zero;
    cu_pdq_view list[cu_pdq_views_max];
} cu_picture_views;

/* CU_ECHILD where a field cannot be: the child that said so is not believed in anything. */
cu_status cu_picture_facts_check(const cu_picture_facts *facts, uint64_t file_bytes,
                                 cu_err *err) CU_MUST_CHECK;

cu_status cu_picture_views_check(const cu_picture_views *views, cu_err *err) CU_MUST_CHECK;

/* ---- the broker ---- */

/* One zygote with the picture libraries. One thread at a time uses it. */
typedef struct cu_picture_decoder cu_picture_decoder;

/* CU_ENOTFOUND, CU_ECHILD as cu_zygote_start. */
cu_status cu_picture_decoder_start(cu_picture_decoder **out, cu_err *err) CU_MUST_CHECK;
void cu_picture_decoder_stop(cu_picture_decoder *decoder); /* NULL is allowed */
CU_DEFINE_AUTO(cu_picture_decoder, cu_picture_decoder_stop)

/* One file that may be a picture. */
typedef struct cu_picture_file {
    int fd;                  /* open for reading alone; its bytes are those of the file */
    uint64_t offset;         /* where in it the file begins */
    uint64_t bytes;          /* 1 or more */
    cu_picture_views *views; /* filled where not NULL; costs more than the decoding */
    bool full;               /* the hash of variant F is wanted too */
} cu_picture_file;

/*
 * Decodes file in a fork of its own, by its content and not by its name. CU_OK whatever the
 * file is: what could not be decoded is CU_PICTURE_NOT with the reason ("killed by signal 11
 * (Segmentation fault)", "memory limit", …). Each other code: no child can be had at all.
 */
cu_status cu_picture_examine(cu_picture_decoder *decoder, const cu_picture_file *file,
                             cu_picture_facts *out, cu_err *err) CU_MUST_CHECK;

/* True where the bytes of a file of this media type are worth giving to a decoder. */
bool cu_picture_is_type(const char *type);

#endif
