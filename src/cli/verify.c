/* SPDX-License-Identifier: Apache-2.0 */
/* custos verify: is this the file that was sealed, and does the source still hold the same
 * bytes? */
#include "cli/command.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "device/device.h"
#include "evidence/evidence.h"

#include <stdio.h>
#include <string.h>

enum { piece_bytes = 4 << 20 };

static cu_status digest_source(cu_device *device, cu_digests *out, cu_terminal *terminal,
                               cu_err *err)
{
    const uint64_t total = cu_device_facts(device)->bytes;
    cu_device_memory memory = {.fd = -1};
    CU_AUTO(cu_device_reader, reader);
    cu_digest_stream stream;
    cu_status st = cu_device_memory_make(piece_bytes, &memory, err);

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    if (st == CU_OK)
        st = cu_device_reader_open(device, &memory, &reader, err);
    for (uint64_t at = 0; st == CU_OK && at < total;) {
        const size_t n = total - at < piece_bytes ? (size_t)(total - at) : (size_t)piece_bytes;

        st = cu_device_reader_read(reader, &(cu_device_piece){at, n, 0, NULL, NULL}, err);
        if (st != CU_OK)
            break;
        cu_digest_update(&stream, (cu_bytes){memory.p, n});
        at += n;
        if (!cu_progress_tell(&terminal->progress, "reading", at, total))
            st = cu_fail(err, CU_ESTOPPED, "stopped");
    }
    cu_digest_final(&stream, out);
    cu_device_memory_free(&memory);
    return st;
}

static cu_status verify_source(const char *path, const cu_device_source *named, cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);
    CU_AUTO(cu_device, device);
    cu_evidence_source source;
    cu_digests digests;
    cu_terminal terminal;
    cu_status st = cu_device_open(named, &device, err);

    if (st != CU_OK)
        return cu_while(err, st, "could not open image \"%s\"", named->path);
    st = cu_evidence_open(path, &evidence, err);
    if (st == CU_OK)
        st = cu_evidence_get_source(evidence, &source, err);
    if (st != CU_OK)
        return st;
    if (cu_device_facts(device)->bytes != source.bytes)
        return cu_fail(err, CU_EFORMAT,
                       "\"%s\" has %llu bytes, the source that was scanned had %llu",
                       named->path, (unsigned long long)cu_device_facts(device)->bytes,
                       (unsigned long long)source.bytes);
    cu_terminal_begin(&terminal, false);
    st = digest_source(device, &digests, &terminal, err);
    cu_terminal_end(&terminal);
    if (st == CU_OK && memcmp(digests.sha256, source.sha256, 32) != 0)
        st = cu_fail(err, CU_EFORMAT, "the bytes of \"%s\" are not the ones that were scanned",
                     named->path);
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    uint8_t seal[32];
    char hex[65];
    cu_arguments rest;
    cu_err err = {0};
    const int wrong = cu_cli_read(command, argc, argv, NULL, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count == 0)
        return cu_cli_misuse(command, "one evidence file is wanted, and its source");

    const char *const path = rest.list[0];
    const bool has_source = rest.count > 1;
    cu_status st = cu_evidence_verify(path, seal, &err);

    if (st == CU_OK && has_source) {
        const cu_device_source named = {.path = rest.list[1],
                                        .more = (const char *const *)rest.list + 2,
                                        .more_count = rest.count - 2};

        st = verify_source(path, &named, &err);
    }
    if (st == CU_EUSAGE)
        return cu_cli_misuse(command, "%s", err.text);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    cu_hex_encode((cu_bytes){seal, 32}, hex);
    (void)printf("whole: every byte is as it was sealed%s\nsha256:%s\n",
                 has_source ? ", and the source holds the bytes that were scanned" : "", hex);
    return cu_cli_flush();
}

const cu_command cu_command_verify = {
    .name = "verify",
    .summary = "check an evidence file against its seal, and the source against it",
    .usage = "custos verify OUT.custos [SOURCE...]",
    .run = run,
};
