/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated photographs of a camera's size into a folder, up to a sum of bytes. Every tenth is
 * a copy of the one before it.
 *
 * usage: make-photographs FOLDER MEGABYTES
 */
#include "support/make_jpeg.h"

#include <stdio.h>
#include <stdlib.h>

enum { distinct = 24 }; /* pictures; the others differ in bytes behind their end */

static void write_file(const char *folder, unsigned number, const uint8_t *p, size_t n,
                       unsigned tail)
{
    char path[4096];
    FILE *out = NULL;

    (void)snprintf(path, sizeof path, "%s/img%05u.jpg", folder, number);
    out = fopen(path, "wb");
    if (out == NULL || fwrite(p, 1, n, out) != n ||
        fwrite(&tail, 1, sizeof tail, out) != sizeof tail || fclose(out) != 0)
        abort();
}

int main(int count, char **arguments)
{
    static const uint32_t sizes[][2] = {{2048, 1536}, {1600, 1200}, {2592, 1944}};
    uint64_t left = count == 3 ? strtoull(arguments[2], NULL, 10) * 1000000 : 0;
    uint8_t *files[distinct];
    size_t bytes[distinct];

    for (unsigned i = 0; i < distinct; i++) {
        const uint32_t *const size = sizes[i % 3];
        const make_jpeg wanted = {.width = size[0],
                                  .height = size[1],
                                  .channels = 3,
                                  .across = 2,
                                  .down = 2,
                                  .quality = 90,
                                  .seed = i + 1};

        files[i] = make_jpeg_file(&wanted, &bytes[i]);
        if (files[i] == NULL)
            abort();
    }
    for (unsigned number = 0; left > 0; number++) {
        const unsigned of = number % 10 == 9 ? number - 1 : number;
        const size_t n = bytes[of % distinct];

        write_file(arguments[1], number, files[of % distinct], n, of);
        left -= left < n ? left : n;
    }
    for (unsigned i = 0; i < distinct; i++)
        free(files[i]);
    return count == 3 ? 0 : 2;
}
