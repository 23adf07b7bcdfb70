/* SPDX-License-Identifier: Apache-2.0 */
/* Rows through the builder into a set. */
#include "support/sets.h"

#include "hashset/gather.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cu_status add_rows(cu_hashset_builder *builder, const sets_plan *plan, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < plan->count; i++) {
        cu_hashset_row row = {.line = i + 1};

        st = plan->row(builder, i, &row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_add(builder, &row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_reach(builder, i, err);
    }
    return st;
}

cu_status sets_make(const sets_plan *plan, cu_hashset_report *report, cu_err *err)
{
    static const char *const files[] = {"rows"};
    const cu_hashset_source source = {.path = "rows"};
    const uint64_t memory = plan->options.memory == 0 ? 1 << 28 : plan->options.memory;
    cu_hashset_builder builder = {
        .options = &plan->options,
        .report = report,
        .files = files,
        .source = &source,
        .keeps_records =
            plan->options.purpose == CU_HASHSET_ALERT || plan->options.keep_records,
        .memory = (size_t)memory,
        .block_bytes = (size_t)(memory / 5 * 2),
    };
    cu_hashset_header header = {.purpose = plan->options.purpose, .name = "rows"};
    cu_hashset_output *output = NULL;
    cu_status st = cu_hashset_output_begin(plan->path, &output, err);

    *report = (cu_hashset_report){.rows = 0};
    if (st != CU_OK)
        return st;
    cu_gather_begin(&builder, plan->path);
    st = add_rows(&builder, plan, err);
    if (st == CU_OK)
        st = cu_gather_finish(&builder, output, &header, err);
    if (st == CU_OK)
        st = cu_hashset_output_finish(CU_MOVE(output), &header, err);
    cu_hashset_output_abandon(output);
    cu_gather_free(&builder);
    return st;
}

/* Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators (SplitMix64). */
void sets_random(uint64_t seed, uint8_t *out, size_t n)
{
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;

    for (size_t i = 0; i < n; i += 8) {
        state += UINT64_C(0x9E3779B97F4A7C15);

        uint64_t z = state;

        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        z ^= z >> 31;
        memcpy(out + i, &z, n - i < 8 ? n - i : 8);
    }
}

uint8_t *sets_read(const char *path, size_t *n)
{
    FILE *const file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long size = 0;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
        abort();
    rewind(file);
    bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        abort();
    (void)fclose(file);
    *n = (size_t)size;
    return bytes;
}

void sets_write(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *const file = fopen(path, "wb");

    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

void sets_folder(char out[64])
{
    (void)snprintf(out, 64, "/tmp/custos-sets-XXXXXX");
    if (mkdtemp(out) == NULL)
        abort();
}

static size_t each_entry(const char *folder, bool away)
{
    DIR *const open = opendir(folder);
    size_t count = 0;

    if (open == NULL)
        abort();
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        char path[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (away)
            (void)unlink(path);
    }
    (void)closedir(open);
    return count;
}

void sets_remove(const char *folder)
{
    (void)each_entry(folder, true);
    (void)rmdir(folder);
}

size_t sets_entries(const char *folder)
{
    return each_entry(folder, false);
}
