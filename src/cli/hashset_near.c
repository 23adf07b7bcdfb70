/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset near: what a set knows that looks like a picture. */
#include "cli/hashset.h"

#include "base/text.h"
#include "match/match.h"
#include "picture/picture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { looks_max = cu_picture_frames_max + 1 };

typedef struct near {
    cu_near_matcher *matcher;
    cu_picture_decoder *decoder; /* started for the first picture */
    const char *asked;           /* the argument in hand */
    bool jsonl;
    unsigned radius;
    size_t found; /* of the argument in hand */
    cu_buffer out;
    cu_json json;
} near;

static void write_match(near *self, const cu_match_near *match)
{
    cu_json *const json = &self->json;

    cu_json_open_object(json, NULL);
    cu_json_text(json, "asked", self->asked);
    cu_json_text(json, "set", match->set->name);
    cu_json_text(json, "set_version", match->set->version);
    cu_json_text(json, "algorithm", "pdq");
    cu_json_uint(json, "distance", match->distance);
    cu_json_text(json, "strength", "near");
    cu_json_text(json, "turn", cu_pdq_turn_word(match->turn));
    cu_json_text(json, "scheme", match->set->scheme);
    cu_hashset_record_json(json, &match->record);
    cu_json_close_object(json);
    cu_json_line(json);
}

static cu_status see_match(void *context, const cu_match_near *match, cu_err *err)
{
    near *const self = context;
    char record[24];

    self->found++;
    if (self->jsonl) {
        write_match(self, match);
        return cu_buffer_check(&self->out, err);
    }
    cu_text_show(&self->out, self->asked);
    cu_buffer_u8(&self->out, '\t');
    cu_text_show(&self->out, match->set->name);
    cu_buffer_u8(&self->out, '\t');
    cu_text_show(&self->out, cu_match_record_text(&match->record, record));
    cu_buffer_u8(&self->out, '\t');
    cu_text_show(&self->out, match->record.code);
    cu_buffer_format(&self->out, "\t%u\t%s\n", match->distance, cu_pdq_turn_word(match->turn));
    return cu_buffer_check(&self->out, err);
}

static void say_none(near *self, const char *why)
{
    if (self->jsonl) {
        cu_json_open_object(&self->json, NULL);
        cu_json_text(&self->json, "asked", self->asked);
        cu_json_bool(&self->json, "found", false);
        cu_json_text(&self->json, "reason", why);
        cu_json_close_object(&self->json);
        cu_json_line(&self->json);
        return;
    }
    cu_text_show(&self->out, self->asked);
    cu_buffer_format(&self->out, "\t-%s%s\n", why[0] == '\0' ? "" : "\t", why);
}

static cu_status ask(near *self, const cu_match_look *looks, size_t count, cu_err *err)
{
    bool featureless = true;
    cu_status st = CU_OK;

    self->found = 0;
    for (size_t i = 0; i < count; i++)
        featureless = featureless && looks[i].quality < cu_pdq_quality_floor;
    st = cu_near_matcher_ask(self->matcher, looks, count, err);
    if (st == CU_OK && self->found == 0)
        say_none(self, featureless ? "too little in the picture to compare" : "");
    cu_cli_write(&self->out);
    return st;
}

static cu_status ask_hash(near *self, const cu_pdq_code *code, cu_err *err)
{
    const cu_match_look look = {
        .codes = code->bytes, .turns = 1, .quality = 100, .variant = 0, .change = ""};

    return ask(self, &look, 1, err);
}

static cu_status decode(near *self, cu_picture_facts *facts, cu_err *err)
{
    struct stat status;
    const int fd = open(self->asked, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    cu_picture_file file = {.fd = fd, .full = true};
    cu_status st = CU_OK;

    if (fd < 0)
        return cu_fail_os(err, "could not open picture \"%s\"", self->asked);
    if (self->decoder == NULL)
        st = cu_picture_decoder_start(&self->decoder, err);
    if (st == CU_OK &&
        (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0))
        st = cu_fail(err, CU_EFORMAT, "\"%s\" is no file with a picture in it", self->asked);
    if (st == CU_OK) {
        file.bytes = (uint64_t)status.st_size;
        st = cu_picture_examine(self->decoder, &file, facts, err);
    }
    close(fd);
    if (st == CU_OK && facts->outcome == CU_PICTURE_NOT)
        st = cu_fail(err, CU_EFORMAT, "could not decode picture \"%s\": %s", self->asked,
                     facts->reason);
    return st;
}

static cu_status ask_picture(near *self, cu_err *err)
{
    cu_picture_facts facts;
    cu_match_look looks[looks_max];
    size_t n = 0;
    const cu_status st = decode(self, &facts, err);

    if (st != CU_OK)
        return st;
    for (; n < facts.hash_count && n < cu_picture_frames_max; n++)
        looks[n] = (cu_match_look){.codes = facts.hashes[n].codes[0].bytes,
                                   .turns = cu_pdq_turns,
                                   .quality = facts.hashes[n].quality,
                                   .variant = 'A',
                                   .change = ""};
    if (facts.has_full != 0)
        looks[n++] = (cu_match_look){.codes = facts.full.codes[0].bytes,
                                     .turns = cu_pdq_turns,
                                     .quality = facts.full.quality,
                                     .variant = 'F',
                                     .change = ""};
    return ask(self, looks, n, err);
}

static cu_status ask_all(near *self, const cu_hashset *set, char **arguments, size_t count,
                         cu_err *err)
{
    cu_hashset *const sets[] = {(cu_hashset *)(uintptr_t)set};
    const cu_near_matching matching = {.sets = sets,
                                       .set_count = 1,
                                       .radius = self->radius,
                                       .known_good_too = true,
                                       .matched = see_match,
                                       .context = self};
    cu_status st = cu_near_matcher_new(&matching, &self->matcher, err);

    if (st == CU_OK && cu_near_matcher_is_idle(self->matcher))
        st = cu_fail(err, CU_ENOTFOUND, "the set \"%s\" has no PDQ values",
                     cu_hashset_get_facts(set)->name);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const char *const text = arguments[i];
        cu_pdq_code code;

        self->asked = text;
        if (cu_pdq_parse((cu_bytes){(const uint8_t *)text, strlen(text)}, &code))
            st = ask_hash(self, &code, err);
        else
            st = ask_picture(self, err);
    }
    cu_near_matcher_free(self->matcher);
    cu_picture_decoder_stop(self->decoder);
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    near self = {.radius = cu_pdq_similar};
    cu_arguments rest;
    cu_err err = {0};
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count < 2)
        return cu_cli_misuse(command, "a set and a picture, or a PDQ, are wanted");
    if (cu_hashset_open_named(rest.list[0], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    self.json.out = &self.out;
    st = ask_all(&self, set, rest.list + 1, rest.count - 1, &err);
    cu_buffer_free(&self.out);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option options[] = {
    CU_NUMBER("distance", near, radius, "N", "how many of the 256 bits may differ; 31", 0, 128),
    CU_FLAG("jsonl", near, jsonl, "print a line of JSON for each record"),
    {0},
};

const cu_command cu_hashset_action_near = {
    .name = "near",
    .summary = "print what a set holds that looks like a picture",
    .usage = "custos hashset near SET PICTURE|PDQ... [--distance N] [--jsonl]",
    .options = options,
    .run = run,
};
