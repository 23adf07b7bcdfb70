/* SPDX-License-Identifier: Apache-2.0 */
/* Imports: what is kept, what is left out, and that a failure leaves nothing, whatever fails.
 */
#include "support/cmocka.h"

#include "hashset/import.h"
#include "hashset/layout.h"
#include "support/allocations.h"
#include "support/sets.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char folder[64];
static char list[128], out[128], out2[128], out3[128];

/* ---- support ---- */

static int make_folder(void **state)
{
    (void)state;
    sets_folder(folder);
    (void)snprintf(list, sizeof list, "%s/list", folder);
    (void)snprintf(out, sizeof out, "%s/out.chs", folder);
    (void)snprintf(out2, sizeof out2, "%s/out2.chs", folder);
    (void)snprintf(out3, sizeof out3, "%s/out3.chs", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    sets_remove(folder);
    return 0;
}

static void write_list(const char *text)
{
    sets_write(list, (const uint8_t *)text, strlen(text));
}

static cu_status import(const cu_hashset_import_options *options, const char *from,
                        const char *to, cu_hashset_report *report, cu_err *err)
{
    return cu_hashset_import(options, &from, 1, to, report, err);
}

#define A   "00112233445566778899aabbccddeeff"
#define B   "112233445566778899aabbccddeeff00"
#define C   "2233445566778899aabbccddeeff0011"
#define NIL "d41d8cd98f00b204e9800998ecf8427e"

/* ---- what is kept and left out ---- */

static void names_the_first_that_it_leaves_out(void **state)
{
    static const cu_hashset_purpose purposes[] = {CU_HASHSET_ALERT, CU_HASHSET_KNOWN_GOOD};
    char wanted[160];

    (void)state;
    write_list("# a comment\n" A "  a\n" B "  b\n" NIL "  empty\n" A "  a again\n"
               "0123456789abcdef0123456789abcde  short\n" C "  c\n" C "  c again\n" NIL " e\n");
    for (size_t i = 0; i < CU_COUNT_OF(purposes); i++) {
        const cu_hashset_import_options options = {.format = "md5", .purpose = purposes[i]};
        CU_AUTO(cu_hashset, set);
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(import(&options, list, out, &report, &err), CU_OK);
        assert_int_equal(report.rows, 8);
        assert_int_equal(report.records, 3);
        assert_int_equal(report.values, 3);
        assert_int_equal(report.empty_files, 2);
        assert_int_equal(report.duplicates, 2);
        assert_int_equal(report.wrong, 1);
        assert_int_equal(report.without_digest, 1);
        (void)snprintf(wanted, sizeof wanted, "%s:4", list);
        assert_string_equal(report.first_empty, wanted);
        (void)snprintf(wanted, sizeof wanted, "%s:5", list);
        assert_string_equal(report.first_duplicate, wanted);
        (void)snprintf(wanted, sizeof wanted, "%s:6", list);
        assert_string_equal(report.first_wrong, wanted);
        assert_string_equal(report.first_without, wanted);
        assert_int_equal(cu_hashset_open(out, &set, &err), CU_OK);
        assert_int_equal(cu_hashset_get_facts(set)->duplicates, 2);
        assert_int_equal(cu_hashset_get_facts(set)->rows, 8);
        assert_string_equal(cu_hashset_get_facts(set)->name, "list");
        /* A known-good set costs no record. */
        assert_int_equal(cu_hashset_get_facts(set)->records,
                         purposes[i] == CU_HASHSET_ALERT ? 3 : 0);
        assert_int_equal(remove(out), 0);
    }
}

/* Lists of some thousand lines: a fault is named by its own file and line, though the thread
 * that finds it is behind the one that reads, and maybe in another file. */
static void names_faults_by_file_and_line_in_long_lists(void **state)
{
    enum { count = 3, lines = 1100 };

    static const size_t faults[] = {1024, 300, 513}; /* the line of each list's fault, from 1 */
    static const char *const words[] = {"short 0123", NIL, A};
    const cu_hashset_import_options options = {.format = "md5", .purpose = CU_HASHSET_ALERT};
    char paths[count][128];
    const char *files[count];
    char wanted[160];
    cu_hashset_report report;
    cu_err err = {0};

    (void)state;
    for (size_t k = 0; k < count; k++) {
        (void)snprintf(paths[k], sizeof paths[k], "%s/list-%zu", folder, k);
        files[k] = paths[k];

        FILE *const file = fopen(paths[k], "w");

        assert_non_null(file);
        for (size_t i = 1; i <= lines; i++) {
            if (i == faults[k])
                (void)fprintf(file, "%s\n", words[k]);
            else if (k == 0 && i == 1)
                (void)fprintf(file, "%s\n", A);
            else
                (void)fprintf(file, "%032zx\n", (k + 1) * 10000 + i);
        }
        assert_int_equal(fclose(file), 0);
    }
    assert_int_equal(cu_hashset_import(&options, files, count, out, &report, &err), CU_OK);
    assert_int_equal(report.rows, count * lines);
    assert_int_equal(report.records, count * lines - 3);
    (void)snprintf(wanted, sizeof wanted, "%s:1024", paths[0]);
    assert_string_equal(report.first_without, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s:300", paths[1]);
    assert_string_equal(report.first_empty, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s:513", paths[2]);
    assert_string_equal(report.first_duplicate, wanted);
    for (size_t k = 0; k < count; k++)
        assert_int_equal(remove(paths[k]), 0);
    assert_int_equal(remove(out), 0);
}

/* docs/formats/hashset.md */
static void writes_the_vector_of_the_manual(void **state)
{
    static const char wanted[] =
        "e93db6c13507fc5ae329a10830f77209cb8930bd667de6f6c0cb496faacaf6f4";
    const cu_hashset_import_options options = {
        .format = "md5", .name = "two", .scheme = "example/1", .purpose = CU_HASHSET_ALERT};
    cu_hashset_report report;
    cu_err err = {0};
    uint8_t digest[32];
    char hex[65];
    size_t n = 0;

    (void)state;
    write_list("0123456789abcdef0123456789abcdef  a.jpg\nfedcba9876543210fedcba9876543210  "
               "b.jpg\n");
    assert_int_equal(import(&options, list, out, &report, &err), CU_OK);

    uint8_t *const bytes = sets_read(out, &n);

    cu_hashset_sha256((cu_bytes){bytes, n}, digest);
    cu_hex_encode((cu_bytes){digest, 32}, hex);
    assert_int_equal(n, 4448);
    assert_string_equal(hex, wanted);
    free(bytes);
    assert_int_equal(remove(out), 0);
}

static void refuses_graded_material_as_known_good(void **state)
{
    static const char *const formats[] = {"vics", "icse", "ncmec"};

    (void)state;
    write_list("{}");
    for (size_t i = 0; i < CU_COUNT_OF(formats); i++) {
        const cu_hashset_import_options options = {.format = formats[i],
                                                   .purpose = CU_HASHSET_KNOWN_GOOD};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(import(&options, list, out, &report, &err), CU_EUSAGE);
        assert_non_null(strstr(err.text, "cannot be known-good"));
        assert_int_equal(sets_entries(folder), 1);
    }
}

/* ---- sets of ours ---- */

static void joins_sets_and_takes_one_from_another(void **state)
{
    cu_hashset_import_options options = {
        .format = "md5", .scheme = "S/1", .purpose = CU_HASHSET_ALERT};
    const char *const both[] = {out, out2};
    CU_AUTO(cu_hashset, first);
    CU_AUTO(cu_hashset, joined);
    cu_hashset_record record;
    cu_hashset_report report;
    uint8_t key[32];
    uint64_t found = 0;
    cu_err err = {0};

    (void)state;
    write_list(A "  a\n" B "  b\n");
    assert_int_equal(import(&options, list, out, &report, &err), CU_OK);
    write_list(B "  other\n" C "  c\n");
    assert_int_equal(import(&options, list, out2, &report, &err), CU_OK);
    options.format = "custos";
    assert_int_equal(cu_hashset_import(&options, both, 2, out3, &report, &err), CU_OK);
    assert_int_equal(report.records, 3);
    assert_int_equal(report.duplicates, 1);
    assert_int_equal(cu_hashset_open(out3, &joined, &err), CU_OK);
    assert_true(cu_hex_decode(B, 32, key, 16));
    assert_int_equal(cu_hashset_find(joined, CU_HASHSET_MD5, key, &found, &err), CU_OK);
    assert_int_equal(cu_hashset_record_of(joined, CU_HASHSET_MD5, found, &record, &err), CU_OK);
    assert_string_equal(record.name, "b"); /* of the set named first */
    assert_int_equal(remove(out3), 0);

    assert_int_equal(cu_hashset_open(out, &first, &err), CU_OK);
    options.except = first;
    assert_int_equal(import(&options, out2, out3, &report, &err), CU_OK);
    assert_int_equal(report.records, 1);
    assert_int_equal(remove(out3), 0);

    options.except = NULL;
    options.scheme = "S/2";
    assert_int_equal(import(&options, out, out3, &report, &err), CU_EFORMAT);
    assert_non_null(strstr(err.text, "not converted"));
    options.scheme = "S/1";
    options.purpose = CU_HASHSET_KNOWN_GOOD;
    assert_int_equal(import(&options, out, out3, &report, &err), CU_EFORMAT);
    assert_int_equal(remove(out), 0);
    assert_int_equal(remove(out2), 0);
}

/* ---- failures ---- */

static void write_many(size_t count)
{
    FILE *const file = fopen(list, "w");

    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[16];
        char hex[33];

        sets_random(i + 1, digest, 16);
        cu_hex_encode((cu_bytes){digest, 16}, hex);
        (void)fprintf(file, "%s  name-%zu\n", hex, i);
    }
    assert_int_equal(fclose(file), 0);
}

/* Small enough to sort outside memory several times. */
static const cu_hashset_import_options spilling = {
    .format = "md5", .purpose = CU_HASHSET_ALERT, .memory = 1 << 18};

static void leaves_nothing_whichever_allocation_fails(void **state)
{
    long n = 0;
    bool done = false;

    (void)state;
    write_many(20000);
    for (; !done && n < 5000; n++) {
        cu_hashset_report report;
        cu_err err = {0};

        allocations_fail_after(n);

        const cu_status st = import(&spilling, list, out, &report, &err);

        if (!allocations_end()) {
            assert_int_equal(st, CU_OK);
            done = true;
            continue;
        }
        /* Some are not needed in the end: a second thread, say. */
        if (st == CU_OK)
            assert_int_equal(remove(out), 0);
        else
            assert_int_equal(st, CU_ENOMEM);
        assert_int_equal(sets_entries(folder), 1);
    }
    assert_true(done);
    assert_int_equal(remove(out), 0);
}

/* A small file of each format that is not made by SQLite itself. */
static const struct {
    const char *format;
    cu_status good; /* what an import comes to where nothing fails */
    const char *text;
} samples[] = {
    {"vics", CU_OK,
     "{\"@odata.context\":\"2.0\",\"value\":[{\"MD5\":\"" A "\",\"MediaFiles\":[{"
     "\"FileName\":\"br\\u00fccke\"}]}]}"},
    {"csv", CU_OK, "md5,name\n" A ",\"a \"\"b\"\"\"\n"},
    /* UTF-16, which is turned first; no row. */
    {"csv", CU_EFORMAT,
     "\xFF\xFEm\0d\0"
     "5\0"},
    {"icse", CU_OK,
     "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;"
     "Series name;Number of submissions;File Available;Media Type;Baseline\n" A
     ";;;7;True;False;;A;1;True;image;False\n"},
    {"nsrl2", CU_OK,
     "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\","
     "\"OpSystemCode\",\"SpecialCode\"\n\"" A "00112233\",\"" A
     "\",\"01\",\"a\",7,1,\"WIN\",\"\"\n"},
    {"hashdeep", CU_OK, "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n7," A ",a\n"},
    {"md5", CU_OK, A "  a\n"},
    {"tsk", CU_OK,
     "00000000000000000000000000000000000000000|md5sum\n" A "|0000000000000000\n"},
    {"hashkeeper", CU_OK,
     "\"file_id\",\"hashset_id\",\"file_name\",\"hash\"\n1,2,\"a\",\"" A "\"\n"},
    /* A name, and no digest. */
    {"hashkeeper", CU_EFORMAT, "\"hashset_id\",\"name\",\"version\"\n2,\"set\",\"1\"\n"},
    {"ncmec", CU_OK,
     "<queryResult xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\"><images>"
     "<image><member id=\"1\">M</member><id>a</id><timestamp>2026-01-02T15:00:00Z"
     "</timestamp><fingerprints><md5>" A "</md5></fingerprints></image><deletedImage>"
     "<member id=\"1\"/><id>b</id></deletedImage></images></queryResult>"},
};

/* Databases of one row; what SQLite itself allocates is not ours to fail. */
static const struct {
    const char *format, *sql;
} databases[] = {
    {"nsrl3", "CREATE TABLE FILE (sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, file_name VARCHAR,"
              " file_size INTEGER); INSERT INTO FILE (md5) VALUES ('" A "');"},
    {"tsk", "CREATE TABLE hashes (id INTEGER PRIMARY KEY, md5 BINARY(16), sha1 BINARY(20), "
            "sha2_256 BINARY(32)); INSERT INTO hashes (md5) VALUES (x'" A "');"},
};

static void write_database(const char *sql)
{
    sqlite3 *sqlite = NULL;

    assert_int_equal(sqlite3_open(list, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
}

/* An EnCase file of one digest, whose set has a name. */
static void write_encase(void)
{
    uint8_t bytes[1152 + 18] = "HASH\r\n\xFF";

    memcpy(bytes + 1032, "s\0e\0t", 6);
    memset(bytes + 1152, 0x5a, 16);
    sets_write(list, bytes, sizeof bytes);
}

/* Every allocation of an import of list fails in turn; what it does without failure is good. */
static void fail_each_allocation(const char *format, cu_status good)
{
    const cu_hashset_import_options options = {.format = format, .purpose = CU_HASHSET_ALERT};
    bool done = false;

    for (long n = 0; !done; n++) {
        cu_hashset_report report;
        cu_err err = {0};

        assert_true(n < 1000);
        allocations_fail_after(n);

        const cu_status st = import(&options, list, out, &report, &err);

        done = !allocations_end();
        if (done ? st != good : st != CU_ENOMEM && st != good)
            fail_msg("%s, allocation %ld: %d, %s", format, n, (int)st, err.text);
        if (st == CU_OK)
            assert_int_equal(remove(out), 0);
        assert_int_equal(sets_entries(folder), 1);
    }
}

static void fails_whole_in_each_reader_whichever_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(samples); i++) {
        const bool wide = samples[i].text[0] == '\xFF';

        sets_write(list, (const uint8_t *)samples[i].text, wide ? 8 : strlen(samples[i].text));
        fail_each_allocation(samples[i].format, samples[i].good);
    }
    for (size_t i = 0; i < CU_COUNT_OF(databases); i++) {
        assert_int_equal(remove(list), 0);
        write_database(databases[i].sql);
        fail_each_allocation(databases[i].format, CU_OK);
    }
    write_encase();
    fail_each_allocation("encase", CU_OK);
    sets_write(list, (const uint8_t *)"bridge", 6);
    fail_each_allocation("files", CU_OK);
}

static void leaves_nothing_where_the_disk_takes_no_more(void **state)
{
    struct rlimit was;

    (void)state;
    write_many(60000);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    for (size_t limit = 0; limit < 2500000; limit += 250000) {
        const struct rlimit now = {.rlim_cur = limit, .rlim_max = was.rlim_max};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);

        const cu_status st = import(&spilling, list, out, &report, &err);

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(st, CU_EIO);
        assert_non_null(strstr(err.text, "File too large"));
        assert_int_equal(sets_entries(folder), 1);
    }
}

typedef struct stopping {
    cu_progress progress;
    const char *stage;
} stopping;

static bool stop_at(void *context, const char *stage, uint64_t done, uint64_t total)
{
    stopping *const self = context;

    (void)done;
    (void)total;
    self->progress.last_us = 0; /* the next call is told however soon it comes */
    return strcmp(stage, self->stage) != 0;
}

static void leaves_nothing_when_it_is_stopped(void **state)
{
    static const char *const stages[] = {"importing", "sorting"};

    (void)state;
    write_many(20000);
    for (size_t i = 0; i < CU_COUNT_OF(stages); i++) {
        stopping self = {.progress = {.tell = stop_at}, .stage = stages[i]};
        cu_hashset_import_options options = spilling;
        cu_hashset_report report;
        cu_err err = {0};

        self.progress.context = &self;
        options.progress = &self.progress;
        assert_int_equal(import(&options, list, out, &report, &err), CU_ESTOPPED);
        assert_int_equal(sets_entries(folder), 1);
    }
}

static void refuses_a_broken_source_whole(void **state)
{
    static const char whole[] =
        "{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/"
        "UK/"
        "$metadata#Media\",\"value\":[{\"MediaID\":1,\"Category\":1,\"MD5\":\"" A "\"},"
        "{\"MediaID\":2,\"Category\":2,\"MD5\":\"" B "\"}]}";
    const cu_hashset_import_options options = {.format = "vics", .purpose = CU_HASHSET_ALERT};
    cu_hashset_report report;
    cu_err err = {0};

    (void)state;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        sets_write(list, (const uint8_t *)whole, cut);
        assert_int_equal(import(&options, list, out, &report, &err), CU_EFORMAT);
        assert_int_equal(sets_entries(folder), 1);
    }
    sets_write(list, (const uint8_t *)whole, sizeof whole - 1);
    assert_int_equal(import(&options, list, out, &report, &err), CU_OK);
    /* What is there is never replaced. */
    assert_int_equal(import(&options, list, out, &report, &err), CU_EEXISTS);
    assert_int_equal(sets_entries(folder), 2);
    assert_int_equal(remove(out), 0);
}

/* A file of a folder is named itself, not the folder. */
static void names_the_file_of_a_folder_that_it_leaves_out(void **state)
{
    static const cu_hashset_purpose purposes[] = {CU_HASHSET_ALERT, CU_HASHSET_KNOWN_GOOD};
    static const char *const names[] = {"a", "b", "empty", "z"};
    char inside[64];
    char paths[CU_COUNT_OF(names)][128];

    (void)state;
    sets_folder(inside);
    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/%s", inside, names[i]);
        sets_write(paths[i], (const uint8_t *)"bridge", i == 2 ? 0 : i == 1 ? 5 : 6);
    }
    for (size_t i = 0; i < CU_COUNT_OF(purposes); i++) {
        const cu_hashset_import_options options = {.format = "files", .purpose = purposes[i]};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(import(&options, inside, out, &report, &err), CU_OK);
        assert_int_equal(report.records, 2);
        assert_string_equal(report.first_empty, paths[2]);
        assert_string_equal(report.first_duplicate, paths[3]);
        assert_int_equal(remove(out), 0);
    }
    sets_remove(inside);
}

/* Writes the same records as VICS, whose names have escapes, and as a table. */
static void write_both_ways(const char *vics, const char *table, size_t from, size_t count)
{
    FILE *const json = fopen(vics, "w");
    FILE *const csv = fopen(table, "w");

    assert_non_null(json);
    assert_non_null(csv);
    (void)fprintf(json, "{\"@odata.context\":\"2.0\",\"value\":[");
    (void)fprintf(csv, "md5,id,name,category,size\n");
    for (size_t i = from; i < from + count; i++) {
        uint8_t digest[16];
        char hex[33];

        sets_random(i + 1, digest, 16);
        cu_hex_encode((cu_bytes){digest, 16}, hex);
        (void)fprintf(json,
                      "%s{\"MediaID\":%zu,\"MD5\":\"%s\",\"Category\":%zu,\"MediaSize\":%zu,"
                      "\"MediaFiles\":[{\"FileName\":\"br\\u00fccke-%zu\"}]}",
                      i == from ? "" : ",", i, hex, i % 4, i * 7, i);
        (void)fprintf(csv,
                      "%s,%zu,br\xC3\xBC"
                      "cke-%zu,%zu,%zu\n",
                      hex, i, i, i % 4, i * 7);
    }
    (void)fprintf(json, "]}");
    assert_int_equal(fclose(json), 0);
    assert_int_equal(fclose(csv), 0);
}

/* VICS is handed over step by step, views of its file and copies, a table row by row. */
static void makes_the_same_set_of_vics_and_of_a_table(void **state)
{
    enum { count = 3000 };

    static const char *const formats[] = {"vics", "csv"};
    char paths[2][2][128];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(paths[0][i], sizeof paths[0][i], "%s/%zu.json", folder, i);
        (void)snprintf(paths[1][i], sizeof paths[1][i], "%s/%zu.csv", folder, i);
        write_both_ways(paths[0][i], paths[1][i], i * count, count);
    }
    for (size_t i = 0; i < 2; i++) {
        const cu_hashset_import_options options = {
            .format = formats[i], .purpose = CU_HASHSET_ALERT, .name = "both"};
        const char *const files[] = {paths[i][0], paths[i][1]};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(
            cu_hashset_import(&options, files, 2, i == 0 ? out : out2, &report, &err), CU_OK);
        assert_int_equal(report.records, 2 * count);
        assert_int_equal(report.wrong, 0);
        assert_int_equal(remove(files[0]), 0);
        assert_int_equal(remove(files[1]), 0);
    }

    size_t n = 0;
    size_t n2 = 0;
    uint8_t *const bytes = sets_read(out, &n);
    uint8_t *const bytes2 = sets_read(out2, &n2);

    assert_int_equal(n, n2);
    assert_memory_equal(bytes, bytes2, n);
    free(bytes);
    free(bytes2);
    assert_int_equal(remove(out), 0);
    assert_int_equal(remove(out2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_first_that_it_leaves_out),
        cmocka_unit_test(names_faults_by_file_and_line_in_long_lists),
        cmocka_unit_test(writes_the_vector_of_the_manual),
        cmocka_unit_test(refuses_graded_material_as_known_good),
        cmocka_unit_test(joins_sets_and_takes_one_from_another),
        cmocka_unit_test(names_the_file_of_a_folder_that_it_leaves_out),
        cmocka_unit_test(makes_the_same_set_of_vics_and_of_a_table),
        cmocka_unit_test(leaves_nothing_whichever_allocation_fails),
        cmocka_unit_test(fails_whole_in_each_reader_whichever_allocation_fails),
        cmocka_unit_test(leaves_nothing_where_the_disk_takes_no_more),
        cmocka_unit_test(leaves_nothing_when_it_is_stopped),
        cmocka_unit_test(refuses_a_broken_source_whole),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
