/* SPDX-License-Identifier: Apache-2.0 */
/* Folders in a list, what lies in one before its neighbour; paths are put together when asked
 * for, because a million folders of one deep path would not fit into memory. */
#include "filesystem/folders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cu_folders_leave(cu_folder *folder)
{
    while (folder != NULL && --folder->uses == 0) {
        cu_folder *const above = folder->above;

        free(folder);
        folder = above;
    }
}

static void leave_all(cu_folder *folder)
{
    while (folder != NULL) {
        cu_folder *const next = folder->next;

        cu_folders_leave(folder);
        folder = next;
    }
}

void cu_folders_fini(cu_folders *folders)
{
    leave_all(folders->first);
    leave_all(folders->inside);
    leave_all(folders->orphans);
    cu_map_free(&folders->seen);
    cu_buffer_free(&folders->path);
    *folders = (cu_folders){0};
}

/* A name below the root that says which folder it is, where the path would be too long. */
static size_t format_number(uint64_t inode, char out[24])
{
    const int n = snprintf(out, 24, "#%" PRIu64, inode);

    return n < 0 ? 0 : (size_t)n;
}

static cu_folder *make_folder(cu_folder *above, const cu_folder_shown *shown)
{
    const size_t over = above == NULL ? 0 : above->path_bytes;
    const bool deep = over + shown->name.n + 1 > cu_folder_path_max;
    char number[24];
    const cu_bytes name =
        deep ? (cu_bytes){(const uint8_t *)number, format_number(shown->inode, number)}
             : shown->name;
    cu_folder *const folder = malloc(sizeof *folder + name.n);

    if (folder == NULL)
        return NULL;
    *folder = (cu_folder){
        .above = above,
        .uses = 1,
        .inode = shown->inode,
        .path_bytes = (deep ? 0 : over) + (name.n == 0 ? 0 : name.n + 1),
        .live = shown->live && (above == NULL || above->live),
        .orphans = shown->orphans || (above != NULL && above->orphans),
        .cut = deep,
        .n = name.n,
    };
    if (name.n > 0)
        memcpy(folder->name, name.p, name.n);
    if (above != NULL)
        above->uses++;
    return folder;
}

cu_folder_taken cu_folders_take(cu_folders *folders, cu_folder *above,
                                const cu_folder_shown *shown)
{
    const bool live = shown->live && (above == NULL || above->live);
    bool added = false;

    if (cu_map_put(&folders->seen, shown->inode << 1 | live, 0, &added) == NULL)
        return CU_FOLDER_NO_MEMORY;
    if (!added)
        return CU_FOLDER_SEEN;

    cu_folder *const folder = make_folder(above, shown);

    if (folder == NULL)
        return CU_FOLDER_NO_MEMORY;
    if (shown->orphans) {
        folder->next = folders->orphans;
        folders->orphans = folder;
        return CU_FOLDER_TAKEN;
    }
    if (folders->last == NULL)
        folders->last = &folders->inside;
    *folders->last = folder;
    folders->last = &folder->next;
    return CU_FOLDER_TAKEN;
}

cu_folder *cu_folders_next(cu_folders *folders)
{
    if (folders->inside != NULL) {
        *folders->last = folders->first;
        folders->first = folders->inside;
        folders->inside = NULL;
        folders->last = NULL;
    }

    cu_folder **const from = folders->first != NULL ? &folders->first : &folders->orphans;
    cu_folder *const folder = *from;

    if (folder != NULL) {
        *from = folder->next;
        folder->next = NULL;
    }
    return folder;
}

cu_bytes cu_folders_path(cu_folders *folders, const cu_folder *folder)
{
    uint8_t bytes[cu_folder_path_max];
    size_t at = folder->path_bytes;

    for (const cu_folder *one = folder; one != NULL && one->n > 0 && at > one->n;
         one = one->cut ? NULL : one->above) {
        bytes[--at] = '/';
        at -= one->n;
        memcpy(bytes + at, one->name, one->n);
    }
    cu_buffer_empty(&folders->path);
    folders->path.ceiling = cu_folder_path_max;
    cu_buffer_append(&folders->path, bytes + at, folder->path_bytes - at);
    return cu_buffer_view(&folders->path);
}
