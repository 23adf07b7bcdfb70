/* SPDX-License-Identifier: Apache-2.0 */
/* rows-of FORMAT FILE [COLUMNS]: prints the rows that a file gives, for tests in other
 * languages. */
#include "support/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const bool count = argc > 3 && strcmp(argv[3], "--count") == 0;
    cu_hashset_builder builder = {.options.columns = argc > 3 && !count ? argv[3] : NULL,
                                  .silent = count};
    cu_err err = {0};
    struct stat status;

    if (argc < 3) {
        fprintf(stderr, "usage: rows-of FORMAT FILE [COLUMNS]\n");
        return 2;
    }

    const int fd = open(argv[2], O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) != 0) {
        perror(argv[2]);
        return 2;
    }

    const size_t n = (size_t)status.st_size;
    void *const p = n == 0 ? NULL : mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);

    if (p == MAP_FAILED) {
        perror(argv[2]);
        return 2;
    }

    const cu_status st = rows_read(&builder, argv[1], argv[2], (cu_bytes){p, n}, &err);

    if (count)
        printf("%llu\n", (unsigned long long)builder.rows);
    if (builder.lines.n > 0)
        fwrite(builder.lines.p, 1, builder.lines.n, stdout);
    cu_buffer_free(&builder.lines);
    if (st != CU_OK)
        fprintf(stderr, "%s\n", err.text);
    return st == CU_OK ? 0 : 1;
}
