/* SPDX-License-Identifier: Apache-2.0 */
/* Entries on the wire: what goes in comes out, and what a lying child sends is refused. */
#include "filesystem/filesystem.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static uint32_t random_number(void)
{
    static uint64_t state = 99;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33);
}

static uint64_t random_64(void)
{
    return (uint64_t)random_number() << 33 ^ (uint64_t)random_number() << 10 ^ random_number();
}

static cu_bytes random_bytes(uint8_t *room, size_t most)
{
    const size_t n = random_number() % (most + 1);

    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)random_number();
    return (cu_bytes){room, n};
}

static void assert_same(const cu_entry *a, const cu_entry *b)
{
    assert_true(a->kind == b->kind && a->flags == b->flags && a->inode == b->inode);
    assert_true(a->attribute == b->attribute && a->size == b->size && a->links == b->links);
    assert_true(a->block_bytes == b->block_bytes);
    assert_true(a->modified_us == b->modified_us && a->accessed_us == b->accessed_us);
    assert_true(a->changed_us == b->changed_us && a->born_us == b->born_us);
    assert_true(cu_bytes_equal(a->folder, b->folder) && cu_bytes_equal(a->name, b->name));
    assert_true(cu_bytes_equal(a->stream, b->stream) && cu_bytes_equal(a->content, b->content));
    assert_int_equal(a->extent_count, b->extent_count);
    for (size_t i = 0; i < a->extent_count; i++)
        assert_memory_equal(&a->extents[i], &b->extents[i], sizeof a->extents[i]);
}

/* One entry of each kind, of any content. */
static void make(cu_entry *out, cu_extent extents[40])
{
    static uint8_t folder[300], name[300], stream[300], content[900];

    *out = (cu_entry){.kind = (cu_entry_kind)(1 + random_number() % 5),
                      .flags = random_number() & 1023,
                      .folder = random_bytes(folder, sizeof folder),
                      .name = random_bytes(name, sizeof name),
                      .stream = random_bytes(stream, sizeof stream),
                      .inode = random_64(),
                      .attribute = random_number(),
                      .size = random_64(),
                      .block_bytes = random_number(),
                      .links = random_64(),
                      .modified_us = (int64_t)random_64(),
                      .accessed_us = INT64_MIN,
                      .changed_us = (int64_t)random_64(),
                      .born_us = -1,
                      .content = random_bytes(content, sizeof content),
                      .extents = extents,
                      .extent_count = random_number() % 40};
    for (size_t i = 0; i < out->extent_count; i++)
        extents[i] = (cu_extent){random_64(), random_64(), random_64()};
}

/* Of a frame that may be bad, in memory of its own, so that a sanitizer sees its end. */
static cu_status read_copy(const uint8_t *bytes, size_t n, cu_entry *out, cu_extent **extents,
                           size_t *room)
{
    static uint8_t *copy;
    cu_err err = {0};

    free(copy);
    copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    copy = realloc(copy, n > 0 ? n : 1);

    const cu_status st = cu_entry_read((cu_bytes){copy, n}, out, extents, room, &err);

    assert_true((st == CU_OK) == (err.text[0] == '\0'));
    return st;
}

static void what_goes_in_comes_out(void **state)
{
    cu_extent *extents = NULL;
    size_t room = 0;
    cu_buffer frames = {0};

    (void)state;
    for (int turn = 0; turn < 2000; turn++) {
        cu_extent given[40];
        cu_entry in, out = {.kind = CU_ENTRY_END};

        make(&in, given);
        frames.n = 0;
        cu_entry_append(&frames, &in);
        cu_entry_append(&frames, &in);
        assert_false(frames.bad);

        const size_t n = (size_t)frames.p[0] | (size_t)frames.p[1] << 8 |
                         (size_t)frames.p[2] << 16 | (size_t)frames.p[3] << 24;

        assert_int_equal(frames.n, 2 * (n + 4));
        assert_int_equal(read_copy(frames.p + 4, n, &out, &extents, &room), CU_OK);
        assert_same(&in, &out);
    }
    cu_buffer_free(&frames);
    free(extents);
}

static void every_cut_is_refused(void **state)
{
    cu_extent *extents = NULL;
    size_t room = 0;
    cu_buffer frame = {0};

    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        cu_extent given[40];
        cu_entry in, out = {.inode = 77};

        make(&in, given);
        frame.n = 0;
        cu_entry_append(&frame, &in);
        for (size_t n = 0; n < frame.n - 4; n++) {
            assert_int_equal(read_copy(frame.p + 4, n, &out, &extents, &room), CU_EFORMAT);
            assert_int_equal(out.inode, 77); /* untouched */
        }
        /* One byte too many is as wrong. */
        cu_buffer_u8(&frame, 0);
        assert_int_equal(read_copy(frame.p + 4, frame.n - 4, &out, &extents, &room),
                         CU_EFORMAT);
    }
    cu_buffer_free(&frame);
    free(extents);
}

/* Any change is refused, or gives an entry whose parts lie in the frame. */
static void any_byte_may_lie(void **state)
{
    cu_extent *extents = NULL;
    size_t room = 0;
    cu_buffer frame = {0};
    cu_extent given[40];
    cu_entry in;
    size_t taken = 0;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        cu_entry out = {0};

        if (turn % 50 == 0) {
            make(&in, given);
            frame.n = 0;
            cu_entry_append(&frame, &in);
        }
        for (int i = 0; i < 1 + turn % 3; i++)
            frame.p[4 + random_number() % (frame.n - 4)] = (uint8_t)random_number();
        if (read_copy(frame.p + 4, frame.n - 4, &out, &extents, &room) != CU_OK)
            continue;
        taken++;
        assert_true(out.folder.n + out.name.n + out.stream.n + out.content.n <= frame.n);
        assert_true(out.name.n <= cu_entry_name_max && out.extent_count * 24 <= frame.n);
        assert_true(out.kind >= CU_ENTRY_FILESYSTEM && out.kind <= CU_ENTRY_END);
    }
    assert_true(taken > 100);
    cu_buffer_free(&frame);
    free(extents);
}

static void names_have_a_ceiling(void **state)
{
    static uint8_t name[cu_entry_name_max + 1];
    cu_extent *extents = NULL;
    size_t room = 0;

    (void)state;
    for (size_t which = 0; which < 3; which++) {
        for (size_t over = 0; over < 2; over++) {
            const cu_bytes text = {name, cu_entry_name_max + over};
            cu_entry in = {.kind = CU_ENTRY_FILE}, out;
            cu_buffer frame = {0};

            *(which == 0 ? &in.folder : which == 1 ? &in.name : &in.stream) = text;
            cu_entry_append(&frame, &in);
            assert_int_equal(read_copy(frame.p + 4, frame.n - 4, &out, &extents, &room),
                             over == 1 ? CU_EFORMAT : CU_OK);
            cu_buffer_free(&frame);
        }
    }
    free(extents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(any_byte_may_lie),
        cmocka_unit_test(names_have_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
