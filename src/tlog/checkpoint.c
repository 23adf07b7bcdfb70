/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a log in three lines: its name, its size, its root. */
#include "base/text.h"
#include "tlog/tlog.h"

void cu_checkpoint_append(cu_buffer *out, const cu_checkpoint *checkpoint)
{
    cu_buffer_append(out, checkpoint->origin.p, checkpoint->origin.n);
    cu_buffer_format(out, "\n%llu\n", (unsigned long long)checkpoint->size);
    cu_base64_append(out, (cu_bytes){checkpoint->root.b, sizeof checkpoint->root.b});
    cu_buffer_u8(out, '\n');
}

cu_status cu_checkpoint_parse(cu_bytes text, cu_checkpoint *out, cu_err *err)
{
    cu_checkpoint parsed;
    cu_bytes size;
    cu_bytes root;

    if (!cu_text_is_utf8(text) || !cu_line_take(&text, &parsed.origin) ||
        parsed.origin.n == 0 || parsed.origin.n > CU_NOTE_NAME_BYTES)
        return cu_fail(err, CU_EFORMAT, "the checkpoint does not begin with a log's name");
    if (!cu_line_take(&text, &size) || !cu_decimal_decode(size, &parsed.size) ||
        parsed.size > INT64_MAX)
        return cu_fail(err, CU_EFORMAT, "the size in the checkpoint is not a number");
    if (!cu_line_take(&text, &root) || !cu_base64_decode(root, parsed.root.b, 32))
        return cu_fail(err, CU_EFORMAT, "the root in the checkpoint is not 32 bytes of base64");
    if (text.n > 0)
        return cu_fail(err, CU_EFORMAT, "the checkpoint has more than three lines");
    *out = parsed;
    return CU_OK;
}
