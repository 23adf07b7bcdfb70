/* SPDX-License-Identifier: Apache-2.0 */
/* custos-intake: the child that reads XML, JSON and ZIP of whoever sent them. */
#include "digest/digest.h"
#include "register/intake/fact.h"
#include "sandbox/sandbox.h"

#include <archive.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static cu_status send_fact(void *context, const cu_fact *fact, cu_err *err)
{
    const int socket = *(const int *)context;
    const uint32_t head[] = {(uint32_t)fact->kind, fact->group, (uint32_t)fact->path.n,
                             (uint32_t)fact->value.n};

    if (!cu_sandbox_write_all(socket, head, sizeof head) ||
        !cu_sandbox_write_all(socket, fact->path.p, fact->path.n) ||
        !cu_sandbox_write_all(socket, fact->value.p, fact->value.n))
        return cu_fail_os(err, "could not answer");
    return CU_OK;
}

static cu_status item(CU_UNUSED void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    struct stat about;
    int socket = fds[0];
    cu_fact_sink sink = {.take = send_fact, .context = &socket};
    cu_err why = {0};
    cu_status st = CU_OK;

    if (fd_count != 2 || request.n != 4 || fstat(fds[1], &about) != 0 || about.st_size < 0)
        return cu_fail(err, CU_EUSAGE, "not a file");

    const size_t n = (size_t)about.st_size;
    const void *const memory = n == 0 ? "" : mmap(NULL, n, PROT_READ, MAP_SHARED, fds[1], 0);

    if (memory == MAP_FAILED)
        return cu_fail_os(err, "could not map the file");

    const cu_bytes file = {memory, n};

    if (memcmp(request.p, "xml", 4) == 0)
        st = cu_fact_read_xml(file, "", &sink, &why);
    else if (memcmp(request.p, "json", 4) == 0)
        st = cu_fact_read_json(file, "", &sink, &why);
    else
        st = cu_fact_read_zip(file, &sink, &why);
    if (st == CU_OK)
        return CU_OK;

    /* Where the reading broke is told as a fact: what came before it stands. */
    const cu_fact broken = {
        CU_FACT_PROBLEM, 0, {NULL, 0}, {(const uint8_t *)why.text, strlen(why.text)}};

    return send_fact(&socket, &broken, err);
}

static cu_status handle(CU_UNUSED void *state, CU_UNUSED cu_bytes request,
                        CU_UNUSED const int *fds, CU_UNUSED size_t fd_count,
                        CU_UNUSED cu_buffer *reply, cu_err *err)
{
    return cu_fail(err, CU_EUSAGE, "not a question");
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};
    cu_digest_stream stream;
    cu_digests digests;

    /* What libraries look for on the disk, they find now: later there are no files. */
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_final(&stream, &digests);

    struct archive *const archive = archive_read_new();

    (void)archive_read_support_format_zip_seekable(archive);
    (void)archive_read_free(archive);
    return cu_zygote_serve(&work);
}
