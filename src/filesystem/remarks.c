/* SPDX-License-Identifier: Apache-2.0 */
/* What the walk tells is gathered, so that a file is not a write of its own; and its remarks.
 */
#include "filesystem/walk.h"
#include "sandbox/sandbox.h"

#include <string.h>

enum { flush_bytes = 256 << 10 };

void cu_walk_send(cu_walk *self, bool now)
{
    if (self->out.bad)
        self->gone = true;
    if (self->gone || (!now && self->out.n < flush_bytes))
        return;
    if (!cu_sandbox_write_all(self->fd, self->out.p, self->out.n))
        self->gone = true;
    self->out.n = 0;
}

bool cu_walk_memory_ran_out(const cu_walk *self)
{
    return self->full || cu_sandbox_memory_ran_out();
}

void cu_walk_tell(cu_walk *self, const cu_entry *entry)
{
    if (self->out.ceiling == 0)
        self->out.ceiling = cu_entry_frame_max + 2 * flush_bytes;
    cu_entry_append(&self->out, entry);
    cu_walk_send(self, false);
}

cu_bytes cu_walk_text(const char *text)
{
    const size_t n = text == NULL ? 0 : strlen(text);

    return (cu_bytes){(const uint8_t *)text, n < cu_entry_name_max ? n : cu_entry_name_max};
}

void cu_walk_remark_on(cu_walk *self, cu_bytes path, const char *kind, const char *text)
{
    const cu_entry entry = {.kind = CU_ENTRY_REMARK,
                            .folder = cu_walk_text(kind),
                            .name = cu_walk_text(text),
                            .stream = path};

    cu_walk_tell(self, &entry);
}

void cu_walk_remark(cu_walk *self, const char *kind, const char *text)
{
    cu_walk_remark_on(self, (cu_bytes){0}, kind, text);
}

void cu_walk_remark_below(cu_walk *self, cu_bytes name, const char *kind, const char *text)
{
    cu_buffer path = {.ceiling = 2 * (size_t)cu_entry_name_max};

    cu_buffer_append(&path, self->path.p, self->path.n);
    cu_buffer_append(&path, name.p, name.n);
    cu_walk_remark_on(self, cu_bytes_slice(cu_buffer_view(&path), 0, cu_entry_name_max), kind,
                      text);
    cu_buffer_free(&path);
}
