/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures a second on one core, beside the reference's own steps and beside `djpeg
 * -grayscale`, and what the sandbox and a fork for each picture add. Photographs are generated:
 * smooth shapes under noise, at the sizes that cameras' files have; wallpapers of Debian
 * packages are real ones, where installed.
 */
#include "base/clock.h"
#include "picture/examine.h"
#include "sandbox/sandbox.h"
#include "support/make_jpeg.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { rounds = 12, fork_rounds = 40, wallpapers_max = 30 };

typedef struct sample {
    const char *name;
    make_jpeg made; /* where there is no file yet */
    unsigned times; /* in a round */
    uint8_t *file;
    size_t n;
    int fd;
    char path[64];
} sample;

static void by_us(sample *self)
{
    cu_picture_facts facts;

    cu_picture_examine_here((cu_bytes){self->file, self->n}, false, &facts);
    if (facts.outcome != CU_PICTURE_WHOLE)
        abort();
}

/* As a fork gets it: by a descriptor, mapped. */
static void by_mapping(sample *self)
{
    uint8_t *const file = mmap(NULL, self->n, PROT_READ, MAP_SHARED, self->fd, 0);
    cu_picture_facts facts;

    if (file == MAP_FAILED)
        abort();
    cu_picture_examine_here((cu_bytes){file, self->n}, false, &facts);
    if (facts.outcome != CU_PICTURE_WHOLE)
        abort();
    (void)munmap(file, self->n);
}

static void by_reference(sample *self)
{
    picture_file plain = {0};
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;

    if (!read_jpeg_plainly(self->file, self->n, &plain))
        abort();

    const cu_pdq_pixels pixels = {.p = plain.p,
                                  .stride_bytes = (size_t)plain.width * plain.channels,
                                  .width = plain.width,
                                  .height = plain.height,
                                  .channels = plain.channels};

    if (cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &scratch, &hash, NULL) != CU_OK)
        abort();
    cu_pdq_scratch_free(&scratch);
    free(plain.p);
}

static void by_decoder(sample *self)
{
    if (!pass_jpeg_in_grey(self->file, self->n))
        abort();
}

static void run_djpeg(const char *path)
{
    const pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        const int nothing = open("/dev/null", O_WRONLY);

        (void)dup2(nothing, 1);
        execlp("djpeg", "djpeg", "-grayscale", path, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        abort();
}

/* What it takes of one block is taken off below. That leaves a difference of two large times
 * where the picture is small, so the same decoder is timed in this process, too. */
static void by_djpeg(sample *self)
{
    run_djpeg(self->path);
}

static sample one_block = {
    .made = {.width = 8, .height = 8, .channels = 3, .across = 1, .down = 1, .quality = 80}};

static void start_of_djpeg(CU_UNUSED sample *self)
{
    run_djpeg(one_block.path);
}

static cu_picture_decoder *decoder;

static void by_fork(sample *self)
{
    const cu_picture_file file = {.fd = self->fd, .bytes = self->n};
    cu_picture_facts facts;

    if (cu_picture_examine(decoder, &file, &facts, NULL) != CU_OK ||
        facts.outcome != CU_PICTURE_WHOLE)
        abort();
}

static cu_zygote *one_process;

/* In the same sandbox, but all pictures in one process: what a fork is compared with. */
static void by_one_process(sample *self)
{
    const uint64_t n = self->n;
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    cu_picture_facts facts;

    if (cu_zygote_ask(one_process, (cu_bytes){(const uint8_t *)&n, sizeof n}, &self->fd, 1,
                      &reply, NULL) != CU_OK ||
        reply.n != sizeof facts)
        abort();
    memcpy(&facts, reply.p, sizeof facts);
    cu_buffer_free(&reply);
    if (facts.outcome != CU_PICTURE_WHOLE)
        abort();
}

typedef void (*way)(sample *);

/* Seconds for one picture by the clock on the wall. */
static double one_round(sample *self, way look)
{
    const int64_t start = cu_clock_steady_us();

    for (unsigned i = 0; i < self->times; i++)
        look(self);
    return (double)(cu_clock_steady_us() - start) / 1e6 / self->times;
}

/*
 * Seconds for one picture by the clock on the wall, the best round of each way. All ways take
 * their turn in a round, so that other work on the machine meets none of them alone.
 */
static void best(sample *self, const way *ways, size_t count, double *out)
{
    for (size_t k = 0; k < count; k++)
        out[k] = 1e9;
    for (int round = 0; round < rounds; round++) {
        for (size_t k = 0; k < count; k++) {
            const double each = one_round(self, ways[k]);

            out[k] = each < out[k] ? each : out[k];
        }
    }
}

static void prepare(sample *self)
{
    if (self->file == NULL)
        self->file = make_jpeg_file(&self->made, &self->n);
    self->fd = memfd_create("picture", MFD_CLOEXEC);
    if (self->file == NULL || self->fd < 0 ||
        write(self->fd, self->file, self->n) != (ssize_t)self->n)
        abort();
    (void)snprintf(self->path, sizeof self->path, "/tmp/custos-bench-XXXXXX");

    const int out = mkstemp(self->path);

    if (out < 0 || write(out, self->file, self->n) != (ssize_t)self->n)
        abort();
    close(out);
}

static void discard(sample *self)
{
    unlink(self->path);
    close(self->fd);
    free(self->file);
    self->file = NULL;
}

static double processor_seconds(int whose)
{
    struct rusage used;

    (void)getrusage(whose, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void start_both(void)
{
    if (cu_picture_decoder_start(&decoder, NULL) != CU_OK ||
        cu_zygote_start("picture-without-fork", &one_process, NULL) != CU_OK)
        abort();
}

static void stop_both(void)
{
    cu_picture_decoder_stop(decoder);
    cu_zygote_stop(one_process);
}

static double all_processors(sample *self, way look, unsigned times)
{
    const double before = processor_seconds(RUSAGE_SELF) + processor_seconds(RUSAGE_CHILDREN);

    /* What the forks took is known once they and their zygote are gone. */
    start_both();
    for (unsigned i = 0; i < times; i++)
        look(self);
    stop_both();
    return processor_seconds(RUSAGE_SELF) + processor_seconds(RUSAGE_CHILDREN) - before;
}

/* One picture more of many: the start of the decoder is in both, and falls out. */
static double processors(sample *self, way look)
{
    const unsigned times = self->times * rounds;

    return (all_processors(self, look, times * 3) - all_processors(self, look, times)) /
           (2 * times);
}

static int by_size(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

/*
 * What a fork for each picture adds to one sandboxed process for all, and both to a file that
 * is mapped here. They take turns, and the middle of all rounds is told, not the best, so that
 * a fork that is slow now and then counts.
 */
static void measure_fork(sample *self)
{
    static const way ways[] = {by_mapping, by_one_process, by_fork};
    double each[CU_COUNT_OF(ways)][fork_rounds];
    double wall[CU_COUNT_OF(ways)];
    double busy[CU_COUNT_OF(ways)];

    start_both();
    for (int round = 0; round < fork_rounds; round++) {
        for (size_t k = 0; k < CU_COUNT_OF(ways); k++)
            each[k][round] = one_round(self, ways[k]) * 1e3;
    }
    stop_both();
    for (size_t k = 0; k < CU_COUNT_OF(ways); k++) {
        qsort(each[k], fork_rounds, sizeof each[k][0], by_size);
        wall[k] = each[k][fork_rounds / 2];
        busy[k] = processors(self, ways[k]) * 1e3;
    }
    printf(
        "%-26.26s            mapped here %6.2f ms, in one sandboxed process %6.2f, in a fork "
        "each %6.2f (%+.1f and %+.1f %%); of processors %6.2f, %6.2f, %6.2f ms (%+.1f and "
        "%+.1f %%)\n",
        "", wall[0], wall[1], wall[2], (wall[2] / wall[0] - 1) * 100,
        (wall[2] / wall[1] - 1) * 100, busy[0], busy[1], busy[2], (busy[2] / busy[0] - 1) * 100,
        (busy[2] / busy[1] - 1) * 100);
}

/* Seconds for one picture. */
typedef struct costs {
    double ours, decoder;
} costs;

static costs measure(sample *self)
{
    prepare(self);

    const way ways[] = {by_us, by_reference, by_decoder, start_of_djpeg, by_djpeg};
    double each[CU_COUNT_OF(ways)];

    best(self, ways, CU_COUNT_OF(ways), each);

    const double ours = each[0];
    const double reference = each[1];
    const double alone = each[2];
    const double djpeg = each[4] - each[3];

    printf("%-26.26s %6.0f KB  ours %7.2f ms  reference's steps %7.2f ms (x %.2f)  its decoder "
           "alone, in grey %7.2f ms (ours / decoder %.2f), djpeg -grayscale %7.2f ms (%.2f)  "
           "%.1f a second\n",
           self->name, (double)self->n / 1024, ours * 1e3, reference * 1e3, reference / ours,
           alone * 1e3, ours / alone, djpeg * 1e3, ours / djpeg, 1 / ours);
    measure_fork(self);
    fflush(stdout);
    discard(self);
    return (costs){ours, alone};
}

static bool load(const char *path, sample *out)
{
    FILE *const file = fopen(path, "rb");
    const char *const slash = strrchr(path, '/');
    bool whole = false;

    *out = (sample){.name = slash != NULL ? slash + 1 : path, .times = 2};
    if (file == NULL)
        return false;
    if (fseek(file, 0, SEEK_END) == 0 && ftell(file) > 0) {
        out->n = (size_t)ftell(file);
        out->file = malloc(out->n);
        rewind(file);
        whole = out->file != NULL && fread(out->file, 1, out->n, file) == out->n;
    }
    fclose(file);
    return whole;
}

/* Progressive ones among them are libjpeg's. */
static void measure_wallpapers(void)
{
    costs sum = {0};
    glob_t found = {0};

    if (glob("/usr/share/backgrounds/*.jpg", 0, NULL, &found) != 0) {
        printf("no wallpapers here\n");
        return;
    }
    for (size_t i = 0; i < found.gl_pathc && i < wallpapers_max; i++) {
        sample wallpaper;

        if (!load(found.gl_pathv[i], &wallpaper))
            continue;

        const costs each = measure(&wallpaper);

        sum.ours += each.ours;
        sum.decoder += each.decoder;
    }
    printf("all wallpapers: ours / decoder %.2f\n", sum.ours / sum.decoder);
    globfree(&found);
}

int main(void)
{
    static sample samples[] = {
        {.name = "12 MP",
         .made = {.width = 4000,
                  .height = 3000,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 85,
                  .seed = 3},
         .times = 3},
        {.name = "12 MP, a camera's size",
         .made = {.width = 4000,
                  .height = 3000,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 92,
                  .seed = 3},
         .times = 3},
        {.name = "12 MP, 4:4:4",
         .made = {.width = 4000,
                  .height = 3000,
                  .channels = 3,
                  .across = 1,
                  .down = 1,
                  .quality = 85,
                  .seed = 5},
         .times = 3},
        {.name = "3 MP",
         .made = {.width = 2048,
                  .height = 1536,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 90,
                  .seed = 4},
         .times = 8},
        {.name = "3 MP, a camera's size",
         .made = {.width = 2048,
                  .height = 1536,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 97,
                  .seed = 4},
         .times = 8},
        {.name = "1.3 MP",
         .made = {.width = 1280,
                  .height = 1024,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 85,
                  .seed = 6},
         .times = 8},
        {.name = "640 x 480",
         .made = {.width = 640,
                  .height = 480,
                  .channels = 3,
                  .across = 2,
                  .down = 2,
                  .quality = 80,
                  .seed = 7},
         .times = 30},
    };

    prepare(&one_block);
    for (size_t i = 0; i < CU_COUNT_OF(samples); i++)
        (void)measure(&samples[i]);
    measure_wallpapers();
    discard(&one_block);
    return 0;
}
