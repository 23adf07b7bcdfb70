/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a fuzz target each file of its corpus, whole and cut off, where no fuzzer is at hand.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { file_max = 1 << 20, cuts = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* A copy of its own, so that a sanitizer sees the first byte past the end. */
static void give(const uint8_t *bytes, size_t n)
{
    uint8_t *const copy = malloc(n > 0 ? n : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void replay(FILE *file, uint8_t *room)
{
    const size_t n = fread(room, 1, file_max, file);
    const size_t step = n / cuts + 1;

    give(room, n);
    for (size_t cut = 0; cut < n; cut += step)
        give(room, cut);
}

static bool replay_folder(DIR *folder, const char *name, uint8_t *room, unsigned *count)
{
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[4096];

        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", name, entry->d_name) >= (int)sizeof path)
            continue;

        FILE *const file = fopen(path, "rb");

        if (file == NULL) {
            perror(path);
            return false;
        }
        replay(file, room);
        (void)fclose(file);
        printf("ok %u - %s\n", ++*count, entry->d_name);
        (void)fflush(stdout);
    }
    return true;
}

int main(int argc, char **argv)
{
    DIR *const folder = argc == 2 ? opendir(argv[1]) : NULL;
    uint8_t *const room = malloc(file_max);
    unsigned count = 0;
    bool good = folder != NULL && room != NULL;

    if (good)
        good = replay_folder(folder, argv[1], room, &count);
    else
        (void)fprintf(stderr, "usage: replay CORPUS-FOLDER\n");
    if (folder != NULL)
        (void)closedir(folder);
    free(room);
    printf("1..%u\n", count);
    return good && count > 0 ? 0 : 1;
}
