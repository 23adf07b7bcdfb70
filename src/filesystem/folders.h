/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders that a walk has still to see, each of which it sees once. libtsk's own walk
 * leaves out, without a word, what lies more than 128 folders deep or in a path of more than
 * 4096 bytes, and what such a folder's neighbours hold. Private to filesystem/.
 */
#ifndef CU_FILESYSTEM_FOLDERS_H
#define CU_FILESYSTEM_FOLDERS_H

#include "base/bytes.h"
#include "base/map.h"

/* One folder. What it lies in is kept as long as something in it has still to be seen. */
typedef struct cu_folder cu_folder;

struct cu_folder {
    cu_folder *next;
    cu_folder *above; /* NULL: the root */
    size_t uses;
    uint64_t inode;
    size_t path_bytes; /* of its path, with a slash after each name */
    bool live;         /* neither it nor what it lies in is deleted */
    bool orphans;      /* it is libtsk's folder of what no name leads to, or lies in it */
    bool cut;          /* its path would be too long, and begins with it */
    size_t n;
    uint8_t name[]; /* whole, as it is */
};

/* Zero it to start. */
typedef struct cu_folders {
    cu_folder *first;  /* what comes next */
    cu_folder *inside; /* what the folder that is walked has shown so far */
    cu_folder **last;  /* where the next one of those goes; NULL: there is none */
    cu_folder *orphans;
    cu_map seen;
    cu_buffer path;
} cu_folders;

void cu_folders_fini(cu_folders *folders);

typedef enum cu_folder_taken {
    CU_FOLDER_TAKEN,
    CU_FOLDER_SEEN, /* another name led to it: it was not taken */
    CU_FOLDER_NO_MEMORY,
} cu_folder_taken;

/* What a name shows of a folder. */
typedef struct cu_folder_shown {
    cu_bytes name; /* whole */
    uint64_t inode;
    bool live;
    bool orphans; /* the folder of orphans itself: it comes after all others */
} cu_folder_shown;

/* Takes a folder that lies in above. What the walk comes to by a live and by a deleted name it
 * sees by each. */
cu_folder_taken cu_folders_take(cu_folders *folders, cu_folder *above,
                                const cu_folder_shown *shown) CU_MUST_CHECK;

/* The next folder: each after the one that it lies in, and before that one's neighbour. Given
 * back with cu_folders_leave. NULL: that was all. */
cu_folder *cu_folders_next(cu_folders *folders);
void cu_folders_leave(cu_folder *folder);

/*
 * A folder's path, a slash after each name. One of more than cu_folder_path_max bytes begins
 * anew below the root, with the number of the folder's inode for its name (folder->cut).
 * Good until the next call.
 */
enum { cu_folder_path_max = 12 << 10 };

cu_bytes cu_folders_path(cu_folders *folders, const cu_folder *folder);

#endif
