/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, states, extents and claims of one entry of the walk. */
#include "scan/item.h"

#include "base/text.h"
#include "filetype/filetype.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Budgets that keep a corrupt device from costing for ever; what is past them is a finding. */
enum {
    deleted_passes = 8, /* bytes that deleted files may claim, in sizes of the device */
    hole_passes = 4,    /* bytes of holes, likewise, and a gigabyte */
};

typedef struct item {
    cu_intake *intake;
    const cu_walked *walked;
    const cu_entry *entry;
    cu_evidence_item row;
    cu_content content;
    uint64_t known; /* bytes whose place is known, holes too */
    uint64_t holes;
    uint64_t stored; /* bytes on the device */
    bool live;       /* a live name leads to it */
    bool in_use;     /* its record is in use, whether or not a name leads to it */
} item;

/* ---- names ---- */

static void append_folder(cu_buffer *out, cu_bytes folder)
{
    size_t start = 0;

    for (size_t i = 0; i <= folder.n; i++) {
        if (i < folder.n && folder.p[i] != '/')
            continue;
        if (i > start) {
            cu_buffer_u8(out, '/');
            cu_text_append_name(out, cu_bytes_slice(folder, start, i - start));
        }
        start = i + 1;
    }
}

/* A path that no item has yet: a second one of the same name gets \#inode, then \#inode.2 … */
static cu_status make_path(item *self, cu_buffer *path, cu_buffer *name, cu_err *err)
{
    bool added = false;

    cu_text_append_name(name, self->entry->name);
    if (self->entry->stream.n > 0) {
        cu_buffer_u8(name, ':');
        cu_text_append_name(name, self->entry->stream);
    }
    cu_buffer_format(path, "%s", self->walked->prefix);
    append_folder(path, self->entry->folder);
    cu_buffer_u8(path, '/');
    cu_buffer_append(path, name->p, name->n);

    const size_t plain = path->n;

    for (unsigned attempt = 0; !path->bad; attempt++) {
        if (cu_map_put(&self->intake->paths, cu_map_hash(1, cu_buffer_view(path)), 0, &added) ==
            NULL)
            return cu_map_fail(&self->intake->paths, err);
        if (added)
            break;
        path->n = plain;
        cu_buffer_format(path, "\\#%" PRIu64, self->entry->inode);
        if (attempt > 0)
            cu_buffer_format(path, ".%u", attempt + 1);
    }
    cu_buffer_u8(path, 0);
    cu_buffer_u8(name, 0);

    const cu_status st = cu_buffer_check(path, err);

    return st != CU_OK ? st : cu_buffer_check(name, err);
}

/* ---- state ---- */

static void set_state(item *self)
{
    const uint32_t flags = self->entry->flags;
    const bool gone =
        (flags & (CU_ENTRY_NAME_DELETED | CU_ENTRY_META_DELETED | CU_ENTRY_NO_RECORD)) != 0;
    const bool fat = strncmp(self->walked->filesystem, "fat", 3) == 0 ||
                     strcmp(self->walked->filesystem, "exfat") == 0;

    self->in_use = !gone;
    self->live = !gone && (flags & CU_ENTRY_ORPHAN) == 0;
    self->row.state = (flags & CU_ENTRY_ORPHAN) != 0 ? "orphan"
                      : gone                         ? "deleted"
                                                     : "allocated";
    self->row.path_certain = self->live;
    if (self->in_use)
        self->row.recovery = "allocated";
    else if ((flags & CU_ENTRY_NO_RECORD) != 0)
        self->row.recovery = "none";
    else
        self->row.recovery = fat ? "contiguous-guess" : "chain";
}

static void set_row(item *self)
{
    const cu_entry *const entry = self->entry;

    self->row.id = self->intake->next_item++;
    self->row.volume = self->walked->volume;
    self->row.size = (entry->flags & CU_ENTRY_NO_RECORD) != 0 ? 0 : entry->size;
    self->row.modified_us = entry->modified_us;
    self->row.accessed_us = entry->accessed_us;
    self->row.changed_us = entry->changed_us;
    self->row.born_us = entry->born_us;
    set_state(self);
}

/* ---- content ---- */

static void count_extents(item *self)
{
    for (size_t i = 0; i < self->entry->extent_count; i++) {
        const cu_extent *const extent = &self->entry->extents[i];

        if (extent->device_offset == CU_EXTENT_UNKNOWN)
            continue;
        if (extent->device_offset == CU_EXTENT_HOLE)
            self->holes += extent->bytes;
        else
            self->stored += extent->bytes;
        self->known += extent->bytes;
    }
}

static cu_status finding(item *self, uint64_t bytes, const char *kind, const char *text,
                         cu_err *err)
{
    const cu_evidence_finding row = {.item = self->row.id,
                                     .path = self->row.path,
                                     .bytes = bytes,
                                     .kind = kind,
                                     .text = text};

    return self->intake->write ? cu_evidence_add_finding(self->intake->evidence, &row, err)
                               : CU_OK;
}

/* Whether the device's budgets still pay for this content; a finding where they do not. */
static cu_status check_budgets(item *self, cu_err *err)
{
    cu_plan *const plan = self->intake->plan;
    const uint64_t hole_limit = plan->device_bytes * hole_passes + (1ULL << 30);
    const uint64_t deleted_limit = plan->device_bytes * deleted_passes;

    if (self->holes > hole_limit || plan->holes > hole_limit - self->holes) {
        self->content.flags |= CU_CONTENT_SKIPPED;
        self->row.excluded = self->row.size;
        return finding(self, 0, "not-examined",
                       "not examined: its holes are more than this device's share", err);
    }
    if (!self->live && (self->stored > deleted_limit ||
                        plan->claimed_deleted > deleted_limit - self->stored)) {
        self->content.flags |= CU_CONTENT_SKIPPED;
        self->row.excluded = self->row.size;
        return finding(self, 0, "not-examined",
                       "not examined: deleted files claim the device many times over", err);
    }
    plan->holes += self->holes;
    if (!self->live)
        plan->claimed_deleted += self->stored;
    return CU_OK;
}

static cu_status add_runs(item *self, cu_err *err)
{
    cu_status st = CU_OK;
    uint32_t number = 0;

    for (size_t i = 0; st == CU_OK && i < self->entry->extent_count; i++) {
        const cu_extent *const extent = &self->entry->extents[i];
        const bool hole = extent->device_offset == CU_EXTENT_HOLE;

        if (extent->device_offset == CU_EXTENT_UNKNOWN)
            continue;

        const cu_evidence_run run = {self->row.id, number++, extent->file_offset, extent->bytes,
                                     hole ? UINT64_MAX : extent->device_offset};

        if (self->intake->write)
            st = cu_evidence_add_run(self->intake->evidence, &run, err);
    }
    return st;
}

/* What the extents claim of the device. */
static cu_status claim(cu_plan *plan, const cu_entry *entry, cu_class class_of_bytes,
                       cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < entry->extent_count; i++) {
        const cu_extent *const extent = &entry->extents[i];

        if (extent->device_offset < CU_EXTENT_UNKNOWN)
            st = cu_plan_claim(plan, extent->device_offset, extent->bytes, class_of_bytes, err);
    }
    return st;
}

static cu_status claim_extents(item *self, cu_err *err)
{
    const uint32_t flags = self->entry->flags;
    const bool structure =
        (flags & (CU_ENTRY_VIRTUAL | CU_ENTRY_DIRECTORY)) != 0 && self->entry->stream.n == 0;

    return claim(self->intake->plan, self->entry,
                 !self->in_use ? CU_CLASS_RECOVERED
                 : structure   ? CU_CLASS_METADATA
                               : CU_CLASS_ALLOCATED,
                 err);
}

static cu_status add_content(item *self, cu_err *err)
{
    cu_plan *const plan = self->intake->plan;

    self->content.item = self->row.id;
    self->content.size = self->row.size;
    self->content.inode = self->entry->inode;
    self->content.attribute = self->entry->attribute;
    self->content.volume = (uint32_t)(self->walked - self->intake->walked);
    if (!self->in_use)
        self->content.flags |= CU_CONTENT_DELETED;
    if ((self->entry->flags & CU_ENTRY_BY_LIBRARY) != 0)
        self->content.flags |= CU_CONTENT_BY_LIBRARY;
    else if (self->known < self->row.size)
        self->content.flags |= CU_CONTENT_LOST;

    cu_status st = cu_plan_add_content(plan, &self->content, err);

    for (size_t i = 0; st == CU_OK && i < self->entry->extent_count; i++) {
        const cu_extent *const extent = &self->entry->extents[i];

        if (extent->device_offset < CU_EXTENT_UNKNOWN)
            st = cu_plan_add_extent(plan, extent->file_offset, extent->bytes,
                                    extent->device_offset, err);
    }
    return st;
}

/* A small file inside its own record: digested at once. */
static void digest_resident(item *self)
{
    cu_digest_stream stream;

    cu_digest_init(&stream, CU_DIGEST_ALL);
    cu_digest_update(&stream, self->entry->content);
    cu_digest_final(&stream, &self->row.digests);
    self->row.examined = true;
    self->row.read = self->entry->content.n;
    self->row.type =
        cu_filetype_of(cu_bytes_slice(self->entry->content, 0, cu_filetype_head_bytes));
}

/* Live hard links share one content. True: this entry's content is planned already. */
static cu_status find_link(item *self, bool *linked, cu_err *err)
{
    const cu_entry *const entry = self->entry;
    cu_plan *const plan = self->intake->plan;
    bool added = false;

    *linked = false;
    if (entry->links < 2 || !self->live || (entry->flags & CU_ENTRY_DIRECTORY) != 0)
        return CU_OK;

    const uint64_t id[3] = {entry->inode, entry->attribute,
                            (uint64_t)(self->walked - self->intake->walked)};
    const uint64_t *const value = cu_map_put(
        &self->intake->links, cu_map_hash(2, (cu_bytes){(const uint8_t *)id, sizeof id}),
        plan->content_count, &added);

    if (value == NULL)
        return cu_map_fail(&self->intake->links, err);
    if (added || *value >= plan->content_count)
        return CU_OK;

    /* A suspect may have sought two files of one hash: then both are read. */
    const cu_content *const content = &plan->contents[*value];

    *linked =
        content->inode == id[0] && content->attribute == id[1] && content->volume == id[2];
    return *linked ? cu_plan_alias(plan, (uint32_t)*value, self->row.id, err) : CU_OK;
}

static cu_status plan_content(item *self, cu_err *err)
{
    bool linked = false;
    cu_status st = CU_OK;

    count_extents(self);
    if ((self->entry->flags & CU_ENTRY_NO_RECORD) != 0)
        return CU_OK;
    if (self->row.size == 0 || (self->entry->flags & CU_ENTRY_RESIDENT) != 0) {
        digest_resident(self);
        return CU_OK;
    }
    st = find_link(self, &linked, err);
    if (st == CU_OK && !linked)
        st = check_budgets(self, err);
    if (st == CU_OK && !linked)
        st = add_content(self, err);
    return st;
}

/* Findings that follow from the entry alone. */
static cu_status remark(item *self, cu_err *err)
{
    const uint32_t flags = self->entry->flags;
    cu_status st = CU_OK;

    if ((flags & CU_ENTRY_NO_RECORD) != 0)
        st = finding(self, 0, "name-only",
                     "only its name is left: its record is gone or belongs to another file",
                     err);
    if (st == CU_OK && (flags & CU_ENTRY_ENCRYPTED) != 0)
        st = finding(self, 0, "encrypted", "the file system encrypts it: read as stored", err);
    if (st == CU_OK && (flags & CU_ENTRY_PACKED) != 0)
        st = finding(self, 0, "packed",
                     "Windows shows what is packed in its stream WofCompressedData: read as "
                     "stored, and never compared unpacked",
                     err);
    if (st == CU_OK && (self->content.flags & CU_CONTENT_LOST) != 0 &&
        (self->content.flags & CU_CONTENT_SKIPPED) == 0)
        st = finding(self, self->row.size - self->stored, "content-lost",
                     "not examined: where its bytes lie is not recorded any more", err);
    return st;
}

static cu_status take_file(cu_intake *intake, uint32_t walked, const cu_entry *entry,
                           cu_err *err)
{
    item self = {.intake = intake, .walked = &intake->walked[walked], .entry = entry};
    cu_buffer path = {0};
    cu_buffer name = {0};
    char inode[64];

    set_row(&self);

    cu_status st = make_path(&self, &path, &name, err);

    if (st == CU_OK) {
        if (entry->attribute != 0)
            (void)snprintf(inode, sizeof inode, "%" PRIu64 "-%u-%u", entry->inode,
                           entry->attribute >> 16, entry->attribute & 0xFFFF);
        else
            (void)snprintf(inode, sizeof inode, "%" PRIu64, entry->inode);
        self.row.inode = inode;
        self.row.path = (const char *)path.p;
        self.row.name = (const char *)name.p;
        intake->trail = cu_map_hash(intake->trail ^ self.row.size, cu_buffer_view(&path));
        st = plan_content(&self, err);
    }
    if (st == CU_OK && intake->write)
        st = cu_evidence_add_item(intake->evidence, &self.row, err);
    if (st == CU_OK)
        st = add_runs(&self, err);
    if (st == CU_OK)
        st = claim_extents(&self, err);
    if (st == CU_OK)
        st = remark(&self, err);
    cu_buffer_free(&path);
    cu_buffer_free(&name);
    return st;
}

static cu_status take_remark(cu_intake *intake, cu_walked *walked, const cu_entry *entry,
                             cu_err *err)
{
    cu_buffer kind = {.ceiling = 256};
    cu_buffer text = {.ceiling = 1024};
    cu_buffer path = {0};

    /* The child chose these words, and it may be lying by now. */
    cu_text_append_shown(&kind, cu_bytes_slice(entry->folder, 0, 32));
    cu_text_append_shown(&text, cu_bytes_slice(entry->name, 0, 160));
    cu_buffer_u8(&kind, 0);
    cu_buffer_u8(&text, 0);
    cu_buffer_format(&path, "%s", walked->prefix);
    append_folder(&path, entry->stream);
    cu_buffer_u8(&path, 0);

    cu_status st = cu_buffer_check(&kind, err);

    if (st == CU_OK)
        st = cu_buffer_check(&text, err);
    if (st == CU_OK)
        st = cu_buffer_check(&path, err);
    if (st == CU_OK)
        walked->damaged = walked->damaged || strcmp((const char *)kind.p, "not-examined") == 0;
    if (st == CU_OK && intake->write)
        st = cu_evidence_add_finding(intake->evidence,
                                     &(cu_evidence_finding){.path = (const char *)path.p,
                                                            .offset = walked->offset,
                                                            .kind = (const char *)kind.p,
                                                            .text = (const char *)text.p},
                                     err);
    cu_buffer_free(&kind);
    cu_buffer_free(&text);
    cu_buffer_free(&path);
    return st;
}

cu_status cu_item_take(cu_intake *intake, uint32_t walked, const cu_entry *entry, cu_err *err)
{
    switch (entry->kind) {
    case CU_ENTRY_FILESYSTEM:
        intake->walked[walked].block_bytes = entry->block_bytes;
        return CU_OK;
    case CU_ENTRY_FILE:
        return take_file(intake, walked, entry, err);
    case CU_ENTRY_STRUCTURE:
        return claim(intake->plan, entry, CU_CLASS_METADATA, err);
    case CU_ENTRY_SLACK:
        return claim(intake->plan, entry, CU_CLASS_SLACK, err);
    case CU_ENTRY_REMARK:
        return take_remark(intake, &intake->walked[walked], entry, err);
    default:
        return CU_OK;
    }
}

cu_status cu_item_remark_overwritten(cu_intake *intake, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && intake->write && i < intake->plan->content_count; i++) {
        const cu_content *const content = &intake->plan->contents[i];

        if ((content->flags & CU_CONTENT_OVERWRITTEN) == 0)
            continue;
        st = cu_evidence_add_finding(
            intake->evidence,
            &(cu_evidence_finding){
                .item = content->item,
                .path = "",
                .kind = "overwritten",
                .text = "deleted, and live files own some of the bytes that it claims"},
            err);
    }
    return st;
}
