/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the stages, and where a scan that was cut off goes on. */
#include "scan/scan.h"

#include "base/clock.h"
#include "filetype/filetype.h"
#include "scan/conclude.h"
#include "scan/groups.h"
#include "scan/intake.h"
#include "scan/pictures.h"
#include "scan/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Keys of an unfinished scan. */
#define PHASE "phase"
#define TRAIL "trail"

typedef struct scan {
    cu_scan_options
        own; /* as asked for, and of a resumed scan the exhibit that it began with */
    const cu_scan_options *options;
    char *exhibit; /* of a resumed scan */
    cu_device *device;
    cu_evidence_writer *evidence;
    cu_plan plan;
    char *folder; /* of the output */
    cu_intake intake;
    cu_digest_stream whole;
    uint64_t from;
    bool walked;   /* the walk's rows are in the evidence already */
    bool complete; /* all is in the evidence; only the seal is missing */
} scan;

/* ---- where we are ---- */

static cu_status read_state(scan *self, const char *key, cu_buffer *value, cu_err *err)
{
    value->n = 0;

    const cu_status st = cu_evidence_get_state(self->evidence, key, value, err);

    return st == CU_ENOTFOUND ? CU_OK : st;
}

static cu_status read_phase(scan *self, cu_err *err)
{
    cu_buffer value = {0};
    cu_status st = read_state(self, PHASE, &value, err);

    self->complete = st == CU_OK && value.n == 8 && memcmp(value.p, "complete", 8) == 0;
    self->walked =
        self->complete || (st == CU_OK && value.n == 6 && memcmp(value.p, "walked", 6) == 0);
    if (st == CU_OK && self->walked)
        st = read_state(self, CU_SWEEP_STATE, &value, err);
    if (st == CU_OK && self->walked && value.n == 8 + sizeof self->whole) {
        cu_cursor c = cu_cursor_over(cu_buffer_view(&value));

        self->from = cu_cursor_u64le(&c);
        memcpy(&self->whole, value.p + 8, sizeof self->whole);
    }
    cu_buffer_free(&value);
    return st;
}

static cu_status put_text(scan *self, const char *key, const char *text, cu_err *err)
{
    return cu_evidence_put_state(self->evidence, key,
                                 (cu_bytes){(const uint8_t *)text, strlen(text)}, err);
}

/* ---- what it is a scan of ---- */

/* Written before anything else, so that whatever ends the scan, a resumed one knows it. */
static cu_status note_source(scan *self, cu_err *err)
{
    const cu_image_facts *const facts = cu_device_facts(self->device);
    const cu_status st =
        cu_evidence_set_source(self->evidence,
                               &(cu_evidence_source){.path = self->options->source.path,
                                                     .format = facts->format,
                                                     .bytes = facts->bytes,
                                                     .sector_bytes = facts->sector_bytes,
                                                     .exhibit = self->options->exhibit},
                               err);

    return st == CU_OK ? cu_evidence_commit(self->evidence, err) : st;
}

/* Evidence is of the exhibit that the scan began with, also where --resume does not repeat it.
 */
static cu_status recall_exhibit(scan *self, cu_err *err)
{
    CU_AUTO(cu_evidence, view);
    const char *const said = self->options->exhibit;
    cu_evidence_source began;
    cu_status st = cu_evidence_peek(self->evidence, &view, err);

    if (st == CU_OK)
        st = cu_evidence_get_source(view, &began, err);
    if (st == CU_ENOTFOUND)
        return note_source(self, err);
    if (st != CU_OK)
        return st;
    if (said != NULL && began.exhibit == NULL)
        return cu_fail(err, CU_EUSAGE, "could not resume: the scan began without --exhibit");
    if (said != NULL && strcmp(said, began.exhibit) != 0)
        return cu_fail(err, CU_EUSAGE, "could not resume: the scan began with exhibit \"%s\"",
                       began.exhibit);
    if (began.exhibit == NULL)
        return CU_OK;
    self->exhibit = strdup(began.exhibit);
    self->own.exhibit = self->exhibit;
    return self->exhibit != NULL ? CU_OK : cu_fail(err, CU_ENOMEM, "out of memory");
}

/* ---- the walk ---- */

static uint64_t trail_of(const scan *self)
{
    return self->intake.trail ^ self->plan.device_bytes ^ (uint64_t)self->intake.next_item;
}

static cu_status check_trail(scan *self, cu_err *err)
{
    const uint64_t trail = trail_of(self);
    cu_buffer value = {0};
    cu_status st = read_state(self, TRAIL, &value, err);

    if (st == CU_OK && (value.n != sizeof trail || memcmp(value.p, &trail, sizeof trail) != 0))
        st = cu_fail(err, CU_EFORMAT,
                     "could not resume: the source is not the one that the scan began with");
    cu_buffer_free(&value);
    return st;
}

static cu_status note_done(void *context, const cu_evidence_item *item, CU_UNUSED cu_err *err)
{
    scan *const self = context;
    size_t low = 0;
    size_t high = self->plan.content_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->plan.contents[middle].item < item->id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < self->plan.content_count && self->plan.contents[low].item == item->id &&
        (item->examined || item->read > 0 || item->type != NULL))
        self->plan.contents[low].flags |= CU_CONTENT_DONE;
    return CU_OK;
}

static cu_status note_gap(void *context, const cu_evidence_finding *finding, cu_err *err)
{
    scan *const self = context;

    if (finding->item != 0 || strcmp(finding->kind, "unreadable") != 0)
        return CU_OK;
    return cu_plan_claim(&self->plan, finding->offset, finding->bytes, CU_CLASS_UNREADABLE,
                         err);
}

/* What an earlier run has done already. */
static cu_status recall(scan *self, cu_err *err)
{
    CU_AUTO(cu_evidence, view);
    cu_status st = check_trail(self, err);

    if (st == CU_OK)
        st = cu_evidence_peek(self->evidence, &view, err);
    if (st == CU_OK)
        st = cu_evidence_each_item(view, note_done, self, err);
    if (st == CU_OK)
        st = cu_evidence_each_finding(view, note_gap, self, err);
    return st;
}

static cu_status walk(scan *self, cu_err *err)
{
    cu_status st = CU_OK;

    self->plan.device_bytes = cu_device_facts(self->device)->bytes;
    self->intake = (cu_intake){.device = self->device,
                               .evidence = self->evidence,
                               .plan = &self->plan,
                               .write = !self->walked,
                               .paths.memory.folder = self->folder,
                               .links.memory.folder = self->folder};
    if (!self->walked)
        st = cu_evidence_clear(self->evidence, err);
    if (st == CU_OK)
        st = cu_intake_run(&self->intake, err);
    if (st != CU_OK)
        return st;
    if (self->walked)
        return recall(self, err);

    const uint64_t trail = trail_of(self);

    st = cu_evidence_put_state(self->evidence, TRAIL,
                               (cu_bytes){(const uint8_t *)&trail, sizeof trail}, err);
    if (st == CU_OK)
        st = put_text(self, PHASE, "walked", err);
    if (st == CU_OK)
        st = cu_evidence_commit(self->evidence, err);
    return st;
}

/* ---- the sweep ---- */

static unsigned worker_count(const cu_scan_options *options)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned wanted = options->workers != 0 ? options->workers
                            : processors > 0      ? (unsigned)processors
                                                  : 1;

    return wanted < cu_scan_workers_max ? wanted : cu_scan_workers_max;
}

static cu_status sweep(scan *self, cu_pictures *pictures, cu_scan_report *report, cu_err *err)
{
    const cu_sweep_options options = {.device = self->device,
                                      .evidence = self->evidence,
                                      .plan = &self->plan,
                                      .walked = self->intake.walked,
                                      .pictures = pictures,
                                      .workers = worker_count(self->options),
                                      .progress = self->options->progress,
                                      .from = self->from,
                                      .whole = &self->whole};
    const int64_t start_us = cu_clock_steady_us();
    cu_status st = cu_sweep_run(&options, err);

    if (st == CU_OK)
        st = cu_sweep_rest(&options, err);
    report->sweep_seconds = (double)(cu_clock_steady_us() - start_us) / 1e6;
    return st;
}

/* One read of the device, pictures decoded beside it, and then those that were not. */
static cu_status sweep_and_decode(scan *self, cu_scan_report *report, cu_err *err)
{
    CU_AUTO(cu_pictures, pictures);
    const cu_pictures_options options = {.device = self->device,
                                         .evidence = self->evidence,
                                         .plan = &self->plan,
                                         .walked = self->intake.walked,
                                         .next_item = self->intake.next_item,
                                         .sets = self->options->sets,
                                         .set_count = self->options->set_count,
                                         .thorough = self->options->thorough,
                                         .workers = worker_count(self->options),
                                         .progress = self->options->progress};
    cu_status st = cu_pictures_open(&options, &pictures, err);

    if (st == CU_OK)
        st = sweep(self, pictures, report, err);

    const int64_t start_us = cu_clock_steady_us();

    if (st == CU_OK)
        st = cu_pictures_run(pictures, err);
    if (st == CU_OK)
        st = cu_groups_write(self->evidence, self->options->progress, err);
    report->decode_seconds = (double)(cu_clock_steady_us() - start_us) / 1e6;
    return st;
}

static cu_status run(scan *self, cu_scan_report *report, cu_err *err)
{
    const cu_image_facts *const facts = cu_device_facts(self->device);
    const unsigned wanted = CU_DIGEST_SHA256 | (facts->has_md5 ? CU_DIGEST_MD5 : 0U) |
                            (facts->has_sha1 ? CU_DIGEST_SHA1 : 0U);
    const int64_t start_us = cu_clock_steady_us();

    cu_digest_init(&self->whole, wanted);

    cu_status st = recall_exhibit(self, err);

    if (st == CU_OK)
        st = read_phase(self, err);
    if (st == CU_OK && !self->complete) {
        st = walk(self, err);
        report->walk_seconds = (double)(cu_clock_steady_us() - start_us) / 1e6;
        if (st == CU_OK)
            st = sweep_and_decode(self, report, err);
        if (st == CU_OK)
            st = cu_scan_conclude(self->options, self->device, self->evidence, &self->plan,
                                  &self->whole, err);
        if (st == CU_OK)
            st = put_text(self, PHASE, "complete", err);
        if (st == CU_OK)
            st = cu_evidence_commit(self->evidence, err);
    }
    if (st == CU_OK)
        st = cu_evidence_seal(CU_MOVE(self->evidence), report->seal, err);
    report->total_seconds = (double)(cu_clock_steady_us() - start_us) / 1e6;
    return st;
}

/* ---- whether it is an image at all ---- */

/*
 * A raw file that holds neither a table nor a file system is an image only where nothing else
 * speaks against it: a wiped or encrypted disk has whole sectors and no format of its own.
 */
static cu_status refuse_other_files(cu_device *device, cu_err *err)
{
    const cu_image_facts *const facts = cu_device_facts(device);
    cu_reader reader = {0};
    cu_volumes volumes = {.count = 0};
    cu_filesystem_claims claims = {.count = 0};
    uint8_t head[cu_filetype_head_bytes];
    const size_t n = facts->bytes < sizeof head ? (size_t)facts->bytes : sizeof head;

    if (strcmp(facts->format, "raw") != 0)
        return CU_OK;

    cu_status st = cu_device_as_reader(device, &reader, err);

    if (st == CU_OK)
        st = cu_reader_read_at(&reader, 0, head, n, err);
    if (st != CU_OK)
        return st;

    const char *const type = cu_filetype_of((cu_bytes){head, n});

    if ((facts->bytes % 512 == 0 && type == NULL) || cu_filesystem_unread(&reader, 0) != NULL)
        return CU_OK;
    st = cu_volumes_read(&reader, &volumes, err);
    const bool bare = st == CU_OK && strcmp(volumes.scheme, "none") == 0;

    cu_volumes_free(&volumes);
    if (st != CU_OK || !bare)
        return st;
    /* A child that dies over it has seen something: let the scan say what. */
    if (cu_device_detect(device, 0, &claims, NULL) != CU_OK || claims.count > 0)
        return CU_OK;
    return cu_fail(
        err, CU_EUNSUPPORTED,
        "it is no image: no container, no partition table and no file system in it%s%s",
        type == NULL ? "" : "; it looks like ", type == NULL ? "" : type);
}

/* What does not fit into memory goes beside the output. NULL: out of memory. */
static char *folder_of(const char *path)
{
    const char *const slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static cu_status begin(scan *self, cu_err *err)
{
    self->folder = folder_of(self->options->out);
    if (self->folder == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->plan.folder = self->folder;
    return cu_evidence_begin(self->options->out, self->options->resume, &self->evidence, err);
}

/* A full disk ends a scan that can go on: whoever reads of it should know. */
static cu_status tell_of_full_disk(const cu_scan_options *options, cu_status st, cu_err *err)
{
    cu_buffer partial = {0};

    if (st != CU_EIO || err == NULL || err->os_errno != ENOSPC)
        return st;
    cu_buffer_format(&partial, "%s.partial", options->out);
    cu_buffer_u8(&partial, '\0');
    if (!partial.bad && access((const char *)partial.p, F_OK) == 0)
        st = cu_while(err, st, "make room, and --resume goes on from here");
    cu_buffer_free(&partial);
    return st;
}

/* What is written while a folder is read must not be read with it. */
static cu_status refuse_output_inside(const cu_scan_options *options, cu_err *err)
{
    char *const source = realpath(options->source.path, NULL);
    char *const out = strdup(options->out);
    char *const slash = out == NULL ? NULL : strrchr(out, '/');

    if (slash != NULL)
        slash[slash == out] = '\0';

    char *const folder = out == NULL ? NULL : realpath(slash == NULL ? "." : out, NULL);
    const size_t n = source == NULL ? 0 : strlen(source);
    const bool inside = source != NULL && folder != NULL && strncmp(folder, source, n) == 0 &&
                        (folder[n] == '\0' || folder[n] == '/' || n == 1);

    free(source);
    free(folder);
    free(out);
    return inside ? cu_fail(err, CU_EUSAGE, "the output \"%s\" lies inside it", options->out)
                  : CU_OK;
}

cu_status cu_scan_run(const cu_scan_options *options, cu_scan_report *report, cu_err *err)
{
    scan self = {.own = *options, .options = &self.own};
    cu_status st = cu_device_open(&options->source, &self.device, err);

    if (st != CU_OK)
        return cu_while(err, st, "could not open image \"%s\"", options->source.path);
    *report = (cu_scan_report){.walk_seconds = 0};
    st = strcmp(cu_device_facts(self.device)->format, "folder") == 0
             ? refuse_output_inside(options, err)
             : refuse_other_files(self.device, err);
    if (st != CU_OK) {
        cu_device_close(self.device);
        return cu_while(err, st, "could not scan \"%s\"", options->source.path);
    }
    st = begin(&self, err);
    if (st == CU_OK) {
        st = run(&self, report, err);
        if (st != CU_OK && st != CU_ESTOPPED)
            st = cu_while(err, st, "could not scan \"%s\"", options->source.path);
    }
    cu_intake_free(&self.intake);
    cu_plan_free(&self.plan);
    cu_evidence_abandon(self.evidence);
    cu_device_close(self.device);
    free(self.folder);
    free(self.exhibit);
    return tell_of_full_disk(options, st, err);
}
