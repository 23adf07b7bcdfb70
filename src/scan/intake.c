/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes, and the file systems that claim them. */
#include "scan/intake.h"

#include "scan/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cu_intake_free(cu_intake *intake)
{
    free(intake->walked);
    cu_map_free(&intake->paths);
    cu_map_free(&intake->links);
}

static cu_status add_finding(cu_intake *self, const cu_evidence_finding *finding, cu_err *err)
{
    return self->write ? cu_evidence_add_finding(self->evidence, finding, err) : CU_OK;
}

/* walked: what was found in it, or only its prefix. */
static cu_status add_volume(cu_intake *self, const cu_volume *volume, const cu_walked *walked,
                            const char *examined, cu_err *err)
{
    static const char *const kinds[] = {[CU_VOLUME_PARTITION] = "partition",
                                        [CU_VOLUME_TABLE] = "table",
                                        [CU_VOLUME_GAP] = "gap"};
    const cu_evidence_volume row = {
        .id = self->next_volume++,
        .number = volume->number,
        .prefix = walked->prefix,
        .kind = kinds[volume->kind],
        .type = volume->type,
        .name = volume->name,
        .filesystem = walked->filesystem,
        .offset = volume->offset,
        .bytes = volume->bytes,
        .block_bytes = walked->block_bytes,
        .examined = examined,
    };

    return self->write ? cu_evidence_add_volume(self->evidence, &row, err) : CU_OK;
}

typedef struct seeing {
    cu_intake *intake;
    const cu_walked *walked;
} seeing;

static cu_status see_entry(void *context, const cu_entry *entry, cu_err *err)
{
    const seeing *const self = context;

    return cu_item_take(self->intake, (uint32_t)(self->walked - self->intake->walked), entry,
                        err);
}

static cu_status not_examined(cu_intake *self, const char *prefix, uint64_t offset,
                              const char *why, cu_err *err)
{
    char text[320];

    (void)snprintf(text, sizeof text, "not fully examined: %s", why);

    const cu_evidence_finding finding = {
        .path = prefix, .offset = offset, .kind = "not-examined", .text = text};

    return add_finding(self, &finding, err);
}

/* True for a failure of the evidence's: a finding, and the scan goes on. */
static bool is_of_evidence(cu_status st)
{
    return st == CU_ECHILD || st == CU_ELIMIT || st == CU_EFORMAT || st == CU_EUNSUPPORTED ||
           st == CU_ENOTFOUND;
}

static cu_status walk_one(cu_intake *self, const cu_volume *volume, const char *filesystem,
                          bool first, cu_err *err)
{
    cu_walked *const grown =
        realloc(self->walked, (self->walked_count + 1) * sizeof *self->walked);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->walked = grown;

    cu_walked *const walked = &grown[self->walked_count++];

    *walked = (cu_walked){
        .volume = self->next_volume, .offset = volume->offset, .bytes = volume->bytes};
    (void)snprintf(walked->filesystem, sizeof walked->filesystem, "%s", filesystem);
    (void)snprintf(walked->prefix, sizeof walked->prefix, first ? "/p%u" : "/p%u-%s",
                   volume->number, filesystem);

    seeing watcher = {self, walked};
    cu_err walk_err = {0};
    cu_status st = cu_device_walk(self->device, volume->offset, filesystem, see_entry, &watcher,
                                  &walk_err);
    char examined[300] = "complete";

    if (st != CU_OK && !is_of_evidence(st)) {
        if (err != NULL)
            *err = walk_err;
        return st;
    }
    if (st != CU_OK) {
        (void)snprintf(examined, sizeof examined, "incomplete: %s", walk_err.text);
        st = not_examined(self, walked->prefix, volume->offset, walk_err.text, err);
        if (st != CU_OK)
            return st;
    } else if (walked->damaged) {
        (void)snprintf(examined, sizeof examined, "incomplete: see its findings");
    }
    return add_volume(self, volume, walked, examined, err);
}

static cu_status take_claims(cu_intake *self, const cu_volume *volume,
                             const cu_filesystem_claims *claims, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < claims->count; i++)
        st = walk_one(self, volume, claims->names[i], i == 0, err);
    if (st == CU_OK && claims->count > 1) {
        char text[160];
        char prefix[16];

        (void)snprintf(prefix, sizeof prefix, "/p%u", volume->number);
        (void)snprintf(text, sizeof text,
                       "%zu file systems claim the volume: %s and %s; each was walked",
                       claims->count, claims->names[0], claims->names[1]);
        st = add_finding(self,
                         &(cu_evidence_finding){.path = prefix,
                                                .offset = volume->offset,
                                                .kind = "two-file-systems",
                                                .text = text},
                         err);
    }
    return st;
}

static const char *name_unread(const cu_intake *self, uint64_t offset)
{
    cu_reader reader = {0};
    const char *const known = cu_device_as_reader(self->device, &reader, NULL) == CU_OK
                                  ? cu_filesystem_unread(&reader, offset)
                                  : NULL;

    return known != NULL ? known : "no file system that Custos reads";
}

static cu_status take_partition(cu_intake *self, const cu_volume *volume, cu_err *err)
{
    cu_filesystem_claims claims = {.count = 0};
    cu_err detect_err = {0};
    cu_walked unread = {0};
    cu_status st = cu_device_detect(self->device, volume->offset, &claims, &detect_err);

    (void)snprintf(unread.prefix, sizeof unread.prefix, "/p%u", volume->number);
    if (st == CU_OK && claims.count > 0)
        return take_claims(self, volume, &claims, err);
    if (st != CU_OK && !is_of_evidence(st)) {
        if (err != NULL)
            *err = detect_err;
        return st;
    }

    const char *const why = st == CU_OK ? name_unread(self, volume->offset) : detect_err.text;

    st = cu_plan_claim(self->plan, volume->offset, volume->bytes, CU_CLASS_UNSUPPORTED, err);
    if (st == CU_OK)
        st = not_examined(self, unread.prefix, volume->offset, why, err);
    if (st == CU_OK)
        st = add_volume(self, volume, &unread, "none", err);
    return st;
}

static cu_status take_volume(cu_intake *self, const cu_volume *volume, cu_err *err)
{
    if (volume->kind == CU_VOLUME_PARTITION)
        return take_partition(self, volume, err);
    if (volume->kind == CU_VOLUME_TABLE) {
        const cu_status st =
            cu_plan_claim(self->plan, volume->offset, volume->bytes, CU_CLASS_METADATA, err);

        if (st != CU_OK)
            return st;
    }
    return add_volume(self, volume, &(cu_walked){0}, "none", err);
}

static cu_status take_remarks(cu_intake *self, const cu_volumes *volumes, cu_err *err)
{
    const char *text = NULL;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && (text = cu_device_remark(self->device, i)) != NULL; i++)
        st = add_finding(
            self, &(cu_evidence_finding){.path = "", .kind = "container", .text = text}, err);
    for (size_t i = 0; st == CU_OK && i < volumes->remark_count; i++)
        st = add_finding(self,
                         &(cu_evidence_finding){.path = "",
                                                .offset = volumes->remarks[i].offset,
                                                .kind = volumes->remarks[i].kind,
                                                .text = volumes->remarks[i].text},
                         err);
    return st;
}

static bool begins_at_zero(const cu_volumes *volumes)
{
    for (size_t i = 0; i < volumes->count; i++) {
        if (volumes->list[i].kind == CU_VOLUME_PARTITION && volumes->list[i].offset == 0)
            return true;
    }
    return false;
}

/*
 * A file system over the whole device, beside its table. A hybrid disc is made so, and is
 * walked; of another it is likely what was there before the table, and is only told.
 */
static cu_status take_whole(cu_intake *self, const cu_volumes *volumes, cu_err *err)
{
    const cu_volume whole = {.kind = CU_VOLUME_PARTITION,
                             .bytes = cu_device_facts(self->device)->bytes};
    cu_filesystem_claims claims = {.count = 0};
    cu_status st = CU_OK;

    if (begins_at_zero(volumes) || cu_device_detect(self->device, 0, &claims, NULL) != CU_OK)
        return CU_OK;
    for (size_t i = 0; st == CU_OK && i < claims.count; i++) {
        const bool hybrid = strcmp(claims.names[i], "iso9660") == 0;
        char text[160];

        (void)snprintf(text, sizeof text,
                       "beside the partition table, %s claims the whole device: it was %s",
                       claims.names[i], hybrid ? "walked as /p0" : "not walked");
        st = add_finding(
            self, &(cu_evidence_finding){.path = "", .kind = "two-file-systems", .text = text},
            err);
        if (st == CU_OK && hybrid)
            st = walk_one(self, &whole, claims.names[i], true, err);
    }
    return st;
}

/* A folder's bytes are its files': what looks like a partition table there is one file's. */
static cu_status read_volumes(cu_intake *self, cu_volumes *out, cu_err *err)
{
    const cu_image_facts *const facts = cu_device_facts(self->device);
    cu_reader reader = {0};

    if (strcmp(facts->format, "folder") == 0)
        return cu_volumes_none(facts->bytes, facts->sector_bytes, out, err);

    const cu_status st = cu_device_as_reader(self->device, &reader, err);

    return st != CU_OK ? st : cu_volumes_read(&reader, out, err);
}

cu_status cu_intake_run(cu_intake *self, cu_err *err)
{
    cu_volumes volumes = {.count = 0};

    self->next_volume = 1;
    self->next_item = 1;
    self->trail = 0;

    cu_status st = read_volumes(self, &volumes, err);

    if (st == CU_OK)
        st = take_remarks(self, &volumes, err);
    for (size_t i = 0; st == CU_OK && i < volumes.count; i++)
        st = take_volume(self, &volumes.list[i], err);
    if (st == CU_OK)
        st = take_whole(self, &volumes, err);
    cu_volumes_free(&volumes);
    if (st == CU_OK)
        st = cu_plan_arrange(self->plan, err);
    if (st == CU_OK)
        st = cu_item_remark_overwritten(self, err);
    return st;
}
