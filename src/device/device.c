/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's end: orders to custos-device, and answers that are checked before they count. */
#include "device/device.h"

#include "base/clock.h"
#include "device/folder.h"
#include "device/protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    read_wait_ms = 120 * 1000, /* one order: a failing disk may take long over a sector */
    item_cpu_seconds = 24 * 3600,
    retries_max = 256, /* children that one device may kill before we stop trying */
    piece_bytes = 64 << 10,
};

/* Bytes; libtsk wants about 1 KiB a file. */
static const uint64_t walk_memory = 3ULL << 30;

struct cu_device {
    cu_zygote *zygote; /* NULL: a folder, which is read here */
    cu_folder *folder; /* NULL: an image or a device */
    cu_image_facts facts;
    cu_buffer remarks; /* each with its zero byte */
    cu_device_reader *own;
    cu_device_memory own_memory;
};

struct cu_device_reader {
    cu_device *device;
    const cu_device_memory *memory;
    cu_folder_place place; /* of a folder */
    cu_item item;
    unsigned killed;
};

/* ---- opening ---- */

static cu_status send_segment(cu_device *device, const cu_segments *segments, size_t index,
                              cu_buffer *reply, cu_err *err)
{
    const cu_segment *const segment = &segments->list[index];
    cu_buffer request = {0};

    cu_buffer_u32le(&request, CU_ASK_SEGMENT);
    cu_buffer_u64le(&request, segment->bytes);
    cu_buffer_u32le(&request, segments->sector_bytes);
    cu_buffer_u32le(&request, segments->is_device);
    cu_buffer_append(&request, segment->name, strlen(segment->name));

    cu_status st = cu_buffer_check(&request, err);

    if (st == CU_OK)
        st = cu_zygote_ask(device->zygote, cu_buffer_view(&request), &segment->fd, 1, reply,
                           err);
    cu_buffer_free(&request);
    return st;
}

static cu_status take_facts(cu_device *device, const cu_buffer *reply, cu_err *err)
{
    if (reply->n < sizeof device->facts)
        return cu_fail(err, CU_ECHILD, "the sandboxed child broke its protocol");
    memcpy(&device->facts, reply->p, sizeof device->facts);
    device->facts.format[sizeof device->facts.format - 1] = '\0';
    if (device->facts.bytes > INT64_MAX || device->facts.sector_bytes < 256 ||
        device->facts.sector_bytes > 65536)
        return cu_fail(err, CU_EFORMAT, "it claims an impossible size");
    cu_buffer_append(&device->remarks, reply->p + sizeof device->facts,
                     reply->n - sizeof device->facts);
    cu_buffer_u8(&device->remarks, 0);
    return cu_buffer_check(&device->remarks, err);
}

static cu_status open_in_child(cu_device *device, const cu_segments *segments, cu_err *err)
{
    static const uint8_t open_request[4] = {CU_ASK_OPEN, 0, 0, 0};
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    cu_status st = cu_zygote_start("custos-device", &device->zygote, err);

    for (size_t i = 0; st == CU_OK && i < segments->count; i++)
        st = send_segment(device, segments, i, &reply, err);
    if (st == CU_OK)
        st = cu_zygote_ask(device->zygote, (cu_bytes){open_request, sizeof open_request}, NULL,
                           0, &reply, err);
    if (st == CU_OK)
        st = take_facts(device, &reply, err);
    cu_buffer_free(&reply);
    return st;
}

static cu_status open_folder(cu_device *device, const char *path, cu_err *err)
{
    const cu_status st = cu_folder_open(path, &device->folder, err);

    if (st != CU_OK)
        return st;
    (void)snprintf(device->facts.format, sizeof device->facts.format, "folder");
    device->facts.bytes = cu_folder_bytes(device->folder);
    device->facts.sector_bytes = 512;
    cu_buffer_u8(&device->remarks, 0);
    return cu_buffer_check(&device->remarks, err);
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static cu_status open_image(cu_device *device, const cu_device_source *source, cu_err *err)
{
    cu_segments segments = {0};
    cu_status st = cu_segments_open(source->path, &segments, err);

    if (st == CU_OK)
        st = cu_segments_expect(&segments, source->more, source->more_count, err);
    if (st == CU_OK)
        st = open_in_child(device, &segments, err);
    cu_segments_close(&segments);
    return st;
}

cu_status cu_device_open(const cu_device_source *source, cu_device **out, cu_err *err)
{
    CU_AUTO(cu_device, device);

    device = calloc(1, sizeof *device);
    if (device == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    device->own_memory.fd = -1;

    const bool folder = is_folder(source->path);

    if (folder && source->more_count > 0)
        return cu_fail(err, CU_EUSAGE, "it is a folder, and so a source of its own");

    const cu_status st =
        folder ? open_folder(device, source->path, err) : open_image(device, source, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(device);
    return CU_OK;
}

void cu_device_close(cu_device *device)
{
    if (device == NULL)
        return;
    cu_device_reader_close(device->own);
    cu_device_memory_free(&device->own_memory);
    cu_zygote_stop(device->zygote);
    cu_folder_close(device->folder);
    cu_buffer_free(&device->remarks);
    free(device);
}

const cu_image_facts *cu_device_facts(const cu_device *device)
{
    return &device->facts;
}

const cu_sandbox_level *cu_device_level(const cu_device *device)
{
    static const cu_sandbox_level none;

    return device->zygote == NULL ? &none : cu_zygote_level(device->zygote);
}

const char *cu_device_remark(const cu_device *device, size_t index)
{
    const char *p = (const char *)device->remarks.p;
    const char *const end = p + device->remarks.n - 1;

    for (; p < end; p += strlen(p) + 1) {
        if (index-- == 0)
            return p;
    }
    return NULL;
}

/* ---- reading ---- */

cu_status cu_device_memory_make(size_t n, cu_device_memory *out, cu_err *err)
{
    const int fd = memfd_create("custos-window", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)n) != 0) {
        const cu_status st = cu_fail_os(err, "could not make %zu KiB to read into", n >> 10);

        if (fd >= 0)
            close(fd);
        return st;
    }

    uint8_t *const p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (p == MAP_FAILED) {
        const cu_status st = cu_fail_os(err, "could not map %zu KiB to read into", n >> 10);

        close(fd);
        return st;
    }
    *out = (cu_device_memory){.fd = fd, .p = p, .n = n};
    return CU_OK;
}

void cu_device_memory_free(cu_device_memory *memory)
{
    if (memory->p != NULL)
        munmap(memory->p, memory->n);
    if (memory->fd >= 0 && memory->p != NULL)
        close(memory->fd);
    *memory = (cu_device_memory){.fd = -1};
}

static cu_status start_reader(cu_device_reader *reader, cu_err *err)
{
    static const cu_sandbox_limits limits = {.memory_bytes = 2U << 30};
    cu_buffer request = {0};

    cu_buffer_u32le(&request, CU_ITEM_READ);
    cu_buffer_u64le(&request, reader->memory->n);

    cu_status st = cu_buffer_check(&request, err);

    if (st == CU_OK)
        st = cu_item_start(
            reader->device->zygote, &limits,
            &(cu_sandbox_request){cu_buffer_view(&request), &reader->memory->fd, 1},
            &reader->item, err);
    cu_buffer_free(&request);
    return st;
}

cu_status cu_device_reader_open(cu_device *device, const cu_device_memory *memory,
                                cu_device_reader **out, cu_err *err)
{
    CU_AUTO(cu_device_reader, reader);

    reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    reader->device = device;
    reader->memory = memory;
    reader->place.fd = -1;

    const cu_status st = device->folder != NULL ? CU_OK : start_reader(reader, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(reader);
    return CU_OK;
}

void cu_device_reader_close(cu_device_reader *reader)
{
    if (reader == NULL)
        return;
    cu_folder_leave(&reader->place);
    /* Its end is of no interest: every order that it took was answered or told as a gap. */
    if (reader->device->zygote != NULL &&
        cu_item_end(reader->device->zygote, &reader->item, "closed", NULL) == CU_OK)
        reader->item.pid = 0;
    free(reader);
}

/* True where there is something to read on fd before the time is up. */
static bool wait_readable(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int n = 0;

    do
        n = poll(&wanted, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* One order and its answer. False: the child is dead, hung or lying. */
static bool order_once(cu_device_reader *reader, const cu_read_order *order,
                       const cu_device_piece *wanted)
{
    cu_read_answer answer;

    if (!cu_sandbox_write_all(reader->item.socket, order, sizeof *order) ||
        !wait_readable(reader->item.socket, read_wait_ms) ||
        !cu_sandbox_read_all(reader->item.socket, &answer, sizeof answer) ||
        answer.status != CU_OK || answer.gaps > cu_image_gaps_max)
        return false;
    for (uint32_t i = 0; i < answer.gaps; i++) {
        cu_image_gap gap;

        if (!wait_readable(reader->item.socket, read_wait_ms) ||
            !cu_sandbox_read_all(reader->item.socket, &gap, sizeof gap))
            return false;
        gap.why[sizeof gap.why - 1] = '\0';
        if (gap.offset < order->offset || gap.bytes > order->n ||
            gap.offset - order->offset > order->n - gap.bytes)
            return false;
        if (wanted->told != NULL)
            wanted->told(wanted->context, &gap);
    }
    return true;
}

static cu_status restart(cu_device_reader *reader, cu_err *err)
{
    cu_err ignored = {0};

    /* How it died is told as the gap's reason; here it only has to be gone. */
    if (reader->item.pid != 0 &&
        cu_item_end(reader->device->zygote, &reader->item, "broken", &ignored) == CU_OK)
        reader->item.pid = 0;
    if (++reader->killed > retries_max)
        return cu_fail(err, CU_ECHILD, "the source killed %d reading children", retries_max);
    return start_reader(reader, err);
}

static void tell_lost(const cu_read_order *order, const cu_device_piece *wanted)
{
    cu_image_gap gap = {.offset = order->offset, .bytes = order->n};

    (void)snprintf(gap.why, sizeof gap.why, "the child that read it died or hung");
    if (wanted->told != NULL)
        wanted->told(wanted->context, &gap);
}

cu_status cu_device_reader_read(cu_device_reader *reader, const cu_device_piece *wanted,
                                cu_err *err)
{
    const cu_read_order whole = {wanted->offset, wanted->n, wanted->at};
    uint8_t *const out = reader->memory->p;

    if (reader->device->folder != NULL) {
        const cu_image_piece piece = {wanted->offset, out + wanted->at, wanted->n, wanted->told,
                                      wanted->context};

        cu_folder_read(reader->device->folder, &reader->place, &piece);
        return CU_OK;
    }
    if (order_once(reader, &whole, wanted))
        return CU_OK;

    /* Piece by piece, so that what kills the child costs one piece. */
    cu_status st = restart(reader, err);

    for (size_t done = 0; st == CU_OK && done < wanted->n; done += piece_bytes) {
        const size_t left = wanted->n - done;
        const cu_read_order piece = {
            wanted->offset + done, left < piece_bytes ? left : piece_bytes, wanted->at + done};

        if (order_once(reader, &piece, wanted))
            continue;
        memset(out + piece.at, 0, (size_t)piece.n);
        tell_lost(&piece, wanted);
        st = restart(reader, err);
    }
    return st;
}

static cu_status read_own(void *context, uint64_t offset, void *out, size_t n, cu_err *err)
{
    cu_device *const device = context;
    size_t done = 0;

    while (done < n) {
        const size_t part = n - done < device->own_memory.n ? n - done : device->own_memory.n;
        const cu_status st = cu_device_reader_read(
            device->own, &(cu_device_piece){offset + done, part, 0, NULL, NULL}, err);

        if (st != CU_OK)
            return st;
        memcpy((uint8_t *)out + done, device->own_memory.p, part);
        done += part;
    }
    return CU_OK;
}

cu_status cu_device_as_reader(cu_device *device, cu_reader *out, cu_err *err)
{
    cu_status st = CU_OK;

    if (device->own_memory.p == NULL)
        st = cu_device_memory_make(1 << 20, &device->own_memory, err);
    if (st == CU_OK && device->own == NULL)
        st = cu_device_reader_open(device, &device->own_memory, &device->own, err);
    if (st == CU_OK)
        *out = (cu_reader){read_own, device, device->facts.bytes, device->facts.sector_bytes};
    return st;
}

/* ---- walking ---- */

/* Seconds of computing that a walk of this device may take: a corrupt one would take for ever.
 */
static uint32_t walk_seconds(const cu_device *device)
{
    const uint64_t gigabytes = device->facts.bytes >> 30;

    return (uint32_t)(20 + (gigabytes < 65536 ? gigabytes : 65536));
}

/* What a fork that walks is asked. */
typedef struct walk_order {
    cu_device_question question;
    const cu_filesystem_file *file; /* inode and attribute with CU_ITEM_CONTENT */
} walk_order;

static cu_status start_walk(cu_device *device, const walk_order *order, cu_item *out,
                            cu_err *err)
{
    const cu_sandbox_limits limits = {.memory_bytes = walk_memory,
                                      .cpu_seconds = walk_seconds(device)};
    const cu_filesystem_file *const file = order->file;
    cu_buffer request = {0};

    cu_buffer_u32le(&request, (uint32_t)order->question);
    cu_buffer_u64le(&request, file->offset);
    if (order->question == CU_ITEM_CONTENT) {
        cu_buffer_u64le(&request, file->inode);
        cu_buffer_u32le(&request, file->attribute);
    }
    cu_buffer_append(&request, file->filesystem, strlen(file->filesystem));

    cu_status st = cu_buffer_check(&request, err);

    if (st == CU_OK)
        st = cu_item_start(device->zygote, &limits,
                           &(cu_sandbox_request){cu_buffer_view(&request), NULL, 0}, out, err);
    cu_buffer_free(&request);
    return st;
}

/* Waits for the next byte until the deadline; false where there is none in time. */
static bool wait_until(int fd, int64_t deadline_us)
{
    const int64_t left_us = deadline_us - cu_clock_steady_us();

    return left_us > 0 && wait_readable(fd, left_us / 1000 < 1 ? 1 : (int)(left_us / 1000));
}

static int64_t walk_deadline_us(const cu_device *device)
{
    return cu_clock_steady_us() + (int64_t)walk_seconds(device) * 4 * 1000000;
}

/* One try. *killed: somebody else ended it (SIGKILL: the system, short of memory, or a person).
 */
static cu_status detect_once(cu_device *device, uint64_t offset, cu_filesystem_claims *out,
                             bool *killed, cu_err *err)
{
    cu_item item = {0};
    cu_filesystem_claims claims;
    cu_status st =
        start_walk(device,
                   &(walk_order){CU_ITEM_DETECT,
                                 &(cu_filesystem_file){.offset = offset, .filesystem = ""}},
                   &item, err);

    if (st != CU_OK)
        return st;

    const bool in_time = wait_until(item.socket, walk_deadline_us(device));
    const bool whole = in_time && cu_sandbox_read_all(item.socket, &claims, sizeof claims);

    st = cu_item_end(device->zygote, &item, in_time ? NULL : "time limit", err);
    *killed = item.killed_by == SIGKILL && !whole;
    /* An answer that came whole stands, however its child ended after it. */
    if (st != CU_OK && !whole)
        return st;
    if (!whole || claims.count > cu_filesystem_claims_max)
        return cu_fail(err, CU_ECHILD, "the sandboxed child broke its protocol");
    for (size_t i = 0; i < claims.count; i++)
        claims.names[i][sizeof claims.names[i] - 1] = '\0';
    *out = claims;
    return CU_OK;
}

cu_status cu_device_detect(cu_device *device, uint64_t offset, cu_filesystem_claims *out,
                           cu_err *err)
{
    bool killed = false;

    if (device->folder != NULL) {
        *out = (cu_filesystem_claims){.names = {"folder"}, .count = 1};
        return CU_OK;
    }

    const cu_status st = detect_once(device, offset, out, &killed, err);

    return killed ? detect_once(device, offset, out, &killed, err) : st;
}

typedef struct frame_stream {
    uint8_t *frame;
    size_t room;
    cu_extent *extents;
    size_t extent_room;
    int socket;
    int64_t deadline_us;
    bool late;
    bool ended; /* the END frame came */
} frame_stream;

/* The next frame into entry. CU_ENOTFOUND: there are no more. */
static cu_status next_frame(frame_stream *self, cu_entry *entry, cu_err *err)
{
    uint32_t n = 0;

    if (!wait_until(self->socket, self->deadline_us)) {
        self->late = true;
        return cu_fail(err, CU_ENOTFOUND, "time limit");
    }
    if (!cu_sandbox_read_all(self->socket, &n, sizeof n))
        return cu_fail(err, CU_ENOTFOUND, "the walk ended");
    if (n > cu_entry_frame_max)
        return cu_fail(err, CU_EFORMAT, "an entry of the walk is too long");
    if (n > self->room) {
        uint8_t *const grown = realloc(self->frame, n);

        if (grown == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        self->frame = grown;
        self->room = n;
    }
    if (!cu_sandbox_read_all(self->socket, self->frame, n))
        return cu_fail(err, CU_ENOTFOUND, "the walk ended");
    return cu_entry_read((cu_bytes){self->frame, n}, entry, &self->extents, &self->extent_room,
                         err);
}

/* Whoever sees the entries of a walk; the first of a second try were seen already. */
typedef struct watcher {
    cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err);
    void *context;
    uint64_t count; /* seen, in all */
    bool killed;
} watcher;

static cu_status take_frames(frame_stream *frames, watcher *self, cu_err *err)
{
    const uint64_t before = self->count;
    uint64_t number = 0;
    cu_status st = CU_OK;

    while (st == CU_OK && !frames->ended) {
        cu_entry entry = {0};

        st = next_frame(frames, &entry, err);
        if (st != CU_OK)
            return st;
        frames->ended = entry.kind == CU_ENTRY_END;
        if (frames->ended || ++number <= before)
            continue;
        self->count++;
        st = self->seen(self->context, &entry, err);
    }
    return st;
}

static cu_status walk_once(cu_device *device, uint64_t offset, const char *name, watcher *self,
                           cu_err *err)
{
    cu_item item = {0};
    cu_status st =
        start_walk(device,
                   &(walk_order){CU_ITEM_WALK,
                                 &(cu_filesystem_file){.offset = offset, .filesystem = name}},
                   &item, err);

    if (st != CU_OK)
        return st;

    frame_stream frames = {.socket = item.socket, .deadline_us = walk_deadline_us(device)};
    cu_err read_err = {0};

    st = take_frames(&frames, self, &read_err);
    free(frames.frame);
    free(frames.extents);

    const cu_status end =
        cu_item_end(device->zygote, &item, frames.late ? "time limit" : NULL, err);

    self->killed = item.killed_by == SIGKILL && st == CU_ENOTFOUND;
    if (st != CU_OK && st != CU_ENOTFOUND && err != NULL)
        *err = read_err;
    if (st != CU_OK && st != CU_ENOTFOUND)
        return st;
    if (frames.ended || end != CU_OK)
        return frames.ended ? CU_OK : end;
    return cu_fail(err, CU_ECHILD, "the walk ended early");
}

cu_status cu_device_walk(cu_device *device, uint64_t offset, const char *name,
                         cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err),
                         void *context, cu_err *err)
{
    watcher self = {.seen = seen, .context = context};

    if (device->folder != NULL)
        return cu_folder_walk(device->folder, seen, context, err);

    const cu_status st = walk_once(device, offset, name, &self, err);

    /* A walk that somebody ended is walked once more: the same entries in the same order. */
    return self.killed ? walk_once(device, offset, name, &self, err) : st;
}

cu_status cu_device_content(cu_device *device, const cu_filesystem_file *file,
                            cu_status (*seen)(void *context, cu_bytes bytes, cu_err *err),
                            void *context, cu_err *err)
{
    enum { room = 256 << 10 };

    uint8_t *const bytes = malloc(room);
    cu_item item = {0};
    uint64_t left = file->size;
    bool late = false;
    cu_status st = bytes == NULL
                       ? cu_fail(err, CU_ENOMEM, "out of memory")
                       : start_walk(device, &(walk_order){CU_ITEM_CONTENT, file}, &item, err);
    const int64_t deadline_us = walk_deadline_us(device);
    cu_err seen_err = {0};

    while (st == CU_OK && left > 0) {
        if (!wait_until(item.socket, deadline_us)) {
            late = true;
            break;
        }

        const ssize_t n = read(item.socket, bytes, left < room ? (size_t)left : (size_t)room);

        if (n <= 0)
            break;
        left -= (uint64_t)n;
        st = seen(context, (cu_bytes){bytes, (size_t)n}, &seen_err);
    }
    free(bytes);
    if (item.pid == 0)
        return st;

    const cu_status end = cu_item_end(device->zygote, &item,
                                      late        ? "time limit"
                                      : left == 0 ? "done"
                                                  : NULL,
                                      err);

    if (st != CU_OK) {
        if (err != NULL)
            *err = seen_err;
        return st;
    }
    if (left == 0)
        return CU_OK;
    return end != CU_OK ? end : cu_fail(err, CU_EFORMAT, "its content ends early");
}
