/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of ours as a source: union, and what one has that another has not. */
#include "hashset/builder.h"

#include <string.h>

typedef struct reading {
    cu_hashset_builder *builder;
    const cu_hashset_source *source;
    const cu_hashset *except;
    uint64_t number; /* of the entry */
} reading;

static cu_bytes view_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* True where the other set holds every digest of the entry, and there is one. */
static cu_status is_excepted(const reading *self, const cu_hashset_entry *entry, bool *out,
                             cu_err *err)
{
    bool any = false;

    *out = false;
    for (unsigned i = 0; self->except != NULL && i < cu_hashset_algorithms; i++) {
        uint64_t found = 0;
        cu_status st = CU_OK;

        if (entry->digests[i] == NULL)
            continue;
        st = cu_hashset_find(self->except, (cu_hashset_algorithm)i, entry->digests[i], &found,
                             err);
        if (st != CU_OK || found == 0)
            return st;
        any = true;
    }
    *out = any;
    return CU_OK;
}

static cu_status add_entry(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    reading *const self = context;
    const cu_hashset_record *const record = &entry->record;
    cu_hashset_row row = {
        .line = ++self->number,
        .label = view_of(record->label),
        .name = view_of(record->name),
        .code = view_of(record->code),
        .series = view_of(record->series),
        .source = view_of(record->source),
        .said = (uint16_t)record->said,
        .flags = (uint16_t)record->flags,
        .has_size = record->has_size,
        .size = record->size,
        .has_pdq = entry->pdq != NULL,
        .pdq_quality = entry->pdq_fact.quality,
        .pdq_variant = entry->pdq_fact.variant,
    };
    bool excepted = false;
    cu_status st = is_excepted(self, entry, &excepted, err);

    if (st != CU_OK || excepted)
        return st;
    for (unsigned i = 0; i < cu_hashset_algorithms; i++) {
        row.has[i] = entry->digests[i] != NULL;
        if (row.has[i])
            memcpy(row.digest[i], entry->digests[i],
                   cu_hashset_digest_bytes((cu_hashset_algorithm)i));
    }
    if (row.has_pdq)
        memcpy(row.pdq, entry->pdq, sizeof row.pdq);
    if (entry->photodna != NULL)
        row.photodna = (cu_bytes){entry->photodna, cu_hashset_photodna_bytes};
    st = cu_hashset_builder_add(self->builder, &row, err);
    return st != CU_OK ? st : cu_hashset_builder_reach(self->builder, 0, err);
}

static cu_status check_fit(const cu_hashset_import_options *options,
                           const cu_hashset_source *source, const cu_hashset *set, cu_err *err)
{
    const cu_hashset_facts *const facts = cu_hashset_get_facts(set);
    const char *const scheme = options->scheme == NULL ? "" : options->scheme;

    if (facts->purpose != options->purpose)
        return cu_fail(err, CU_EFORMAT, "\"%s\" is %s, and the new set is not", source->path,
                       facts->purpose == CU_HASHSET_ALERT ? "for alerts" : "known-good");
    if (strcmp(facts->scheme, scheme) != 0)
        return cu_fail(err, CU_EFORMAT,
                       "\"%s\" grades in the scheme \"%s\", not in \"%s\", and grades are "
                       "not converted",
                       source->path, facts->scheme, scheme);
    return CU_OK;
}

static cu_status read_set(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    CU_AUTO(cu_hashset, set);
    const cu_hashset_import_options *const options = cu_hashset_builder_options(builder);
    reading self = {.builder = builder, .source = source, .except = options->except};
    cu_status st = cu_hashset_open(source->path, &set, err);

    if (st != CU_OK)
        return cu_while(err, st, "could not open hash set \"%s\"", source->path);
    st = check_fit(options, source, set, err);
    if (st != CU_OK)
        return st;
    cu_hashset_builder_suggest(builder, view_of(cu_hashset_get_facts(set)->name),
                               view_of(cu_hashset_get_facts(set)->version));
    st = cu_hashset_each(set, add_entry, &self, err);
    return st == CU_EFORMAT ? cu_while(err, st, "could not read \"%s\"", source->path) : st;
}

const cu_hashset_format cu_hashset_format_custos = {
    .name = "custos",
    .what = "sets of our own: the first of equal records is kept",
    .read = read_set,
    .by_path = true,
};
