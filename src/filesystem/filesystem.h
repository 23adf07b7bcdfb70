/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: what files a volume holds and where their bytes lie. Told as entries, one frame
 * each. */
#ifndef CU_FILESYSTEM_FILESYSTEM_H
#define CU_FILESYSTEM_FILESYSTEM_H

#include "base/bytes.h"
#include "base/reader.h"

#include <limits.h>

enum {
    cu_entry_frame_max = 32 << 20, /* bytes of one entry on the wire */
    cu_entry_name_max = 16 << 10,
    cu_filesystem_claims_max = 4, /* file systems that may claim one volume */
};

/* A file's bytes, in file order. */
typedef struct cu_extent {
    uint64_t file_offset;
    uint64_t bytes;
    uint64_t device_offset; /* or one of these two */
} cu_extent;

#define CU_EXTENT_HOLE    UINT64_MAX       /* reads as zero */
#define CU_EXTENT_UNKNOWN (UINT64_MAX - 1) /* the file system lost where these bytes are */

typedef enum cu_entry_kind {
    CU_ENTRY_FILESYSTEM = 1, /* first: what was opened */
    CU_ENTRY_FILE,           /* a file, or one stream of it */
    CU_ENTRY_STRUCTURE,      /* extents that hold the file system's own structures */
    CU_ENTRY_SLACK,          /* extents of a live file behind its end */
    CU_ENTRY_REMARK,         /* a finding of the walk */
    CU_ENTRY_END,            /* last: the walk saw everything */
} cu_entry_kind;

enum {
    CU_ENTRY_NAME_DELETED = 1, /* the name is in a deleted directory entry */
    CU_ENTRY_META_DELETED = 2, /* its record (inode) is not in use */
    CU_ENTRY_ORPHAN = 4,       /* a record that no name leads to */
    CU_ENTRY_RESIDENT = 8,     /* content holds all of it */
    CU_ENTRY_BY_LIBRARY = 16,  /* compressed and the like: read it by cu_filesystem_content */
    CU_ENTRY_ENCRYPTED = 32,   /* the extents hold ciphertext */
    CU_ENTRY_VIRTUAL = 64,     /* the file system's own structure, shown as a file */
    CU_ENTRY_DIRECTORY = 128,
    CU_ENTRY_LINK = 256,
    CU_ENTRY_NO_RECORD = 512, /* only a name is left */
    CU_ENTRY_PACKED = 1024,   /* Windows shows what is packed in another stream instead */
};

/* Texts and arrays are borrowed from the frame. Every field is a claim of evidence. */
typedef struct cu_entry {
    cu_entry_kind kind;
    uint32_t flags;
    cu_bytes folder; /* FILE: path of the directory, raw, '/' between names; FILESYSTEM: its
                        type; REMARK: kind */
    cu_bytes name;   /* FILE: raw; FILESYSTEM: label; REMARK: text */
    cu_bytes stream; /* FILE: name of the alternate stream, or empty; REMARK: path of what it is
                        about, or empty */
    uint64_t inode;
    uint32_t attribute;   /* NTFS, HFS: type << 16 | id; 0 elsewhere */
    uint64_t size;        /* FILE; FILESYSTEM: its length in bytes */
    uint32_t block_bytes; /* FILESYSTEM */
    uint64_t links;
    int64_t modified_us, accessed_us, changed_us, born_us; /* INT64_MIN: unknown */
    cu_bytes content;                                      /* with RESIDENT */
    cu_extent *extents;
    size_t extent_count;
} cu_entry;

/* ---- the wire between the walk and the scan ---- */

/* Appends a frame: its length (u32) and the entry. Failures are kept in out. */
void cu_entry_append(cu_buffer *out, const cu_entry *entry);

/*
 * Reads a frame without its length. extents is an array that the caller keeps and frees, and
 * that grows (*room). CU_EFORMAT: the child broke the protocol. CU_ENOMEM.
 */
cu_status cu_entry_read(cu_bytes frame, cu_entry *out, cu_extent **extents, size_t *room,
                        cu_err *err) CU_MUST_CHECK;

/* ---- the broker's side ---- */

/* What lies at offset and is known but not read, in words: encryption, other file systems,
 * parts of something larger. NULL: nothing that is known. */
const char *cu_filesystem_unread(const cu_reader *device, uint64_t offset);

/* ---- the child's side: runs in the sandbox, with libtsk ---- */

/* What lies at offset: each file system that opens, at most cu_filesystem_claims_max. */
typedef struct cu_filesystem_claims {
    char names[cu_filesystem_claims_max]
              [16]; /* "ntfs", "fat32", … in the order of preference */
    size_t count;
} cu_filesystem_claims;

cu_status cu_filesystem_detect(const cu_reader *device, uint64_t offset,
                               cu_filesystem_claims *out, cu_err *err) CU_MUST_CHECK;

/* Writes frames to the socket fd until the END frame. CU_EUNSUPPORTED: name does not open
 * there. */
cu_status cu_filesystem_walk(const cu_reader *device, uint64_t offset, const char *name, int fd,
                             cu_err *err) CU_MUST_CHECK;

/* One file of a file system. */
typedef struct cu_filesystem_file {
    uint64_t offset;        /* of the volume on the device */
    const char *filesystem; /* the name that cu_filesystem_detect gave */
    uint64_t inode;
    uint32_t attribute;
    uint64_t size; /* bytes that are expected */
} cu_filesystem_file;

/* Writes the content of one file to fd, as the file system reads it. */
cu_status cu_filesystem_content(const cu_reader *device, const cu_filesystem_file *wanted,
                                int fd, cu_err *err) CU_MUST_CHECK;

#endif
