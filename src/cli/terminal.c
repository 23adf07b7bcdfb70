/* SPDX-License-Identifier: Apache-2.0 */
/* A bar with rate and time left, redrawn in place. */
#include "cli/terminal.h"

#include "base/clock.h"
#include "cli/command.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Set by the signal handler, which may do nothing more. */
static volatile sig_atomic_t stop_asked;

static void ask_to_stop(CU_UNUSED int signal_number)
{
    stop_asked = 1;
}

static bool counts_bytes(const char *stage)
{
    return strcmp(stage, "reading") == 0 || strcmp(stage, "importing") == 0;
}

/* How wide the terminal is; 80 where it does not say. */
static size_t columns(void)
{
    struct winsize size = {.ws_col = 0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* What stands behind the bar: part, rate and time left, as far as they are known. */
static void append_figures(cu_buffer *out, const cu_terminal *self, uint64_t done,
                           uint64_t total)
{
    const double seconds = (double)(cu_clock_steady_us() - self->stage_start_us) / 1e6;
    const double part = total == 0 ? 0 : (double)done / (double)total;
    const uint64_t left = part > 0.001 ? (uint64_t)(seconds / part - seconds) : 0;
    char size[32];

    cu_buffer_format(out, " %3.0f %%", part * 100);
    if (counts_bytes(self->stage) && seconds > 0.2)
        cu_buffer_format(out, "  %s/s", cu_cli_size((uint64_t)((double)done / seconds), size));
    if (part > 0.001 && part < 1)
        cu_buffer_format(out, "  %" PRIu64 ":%02u left", left / 60, (unsigned)(left % 60));
}

static void append_bar(cu_buffer *out, size_t width, uint64_t done, uint64_t total)
{
    const double part = total == 0 ? 0 : (double)done / (double)total;
    const size_t filled = part >= 1 ? width : (size_t)(part * (double)width);

    cu_buffer_format(out, " [");
    for (size_t i = 0; i < width; i++)
        cu_buffer_u8(out, i < filled ? '#' : '.');
    cu_buffer_format(out, "]");
}

/* A line that is wider than the terminal could not be wiped: the bar gives way, then the rest.
 */
static void draw(cu_terminal *self, uint64_t done, uint64_t total)
{
    enum { stage_width = 16, frame = 3, bar_max = 30, bar_least = 4 };

    const size_t room = columns() - 1;
    cu_buffer figures = {0};
    cu_buffer line = {0};

    append_figures(&figures, self, done, total);

    const size_t used = stage_width + frame + figures.n;
    const size_t left = used < room ? room - used : 0;
    const bool has_bar = left >= bar_least;

    cu_buffer_format(&line, "%-*s", has_bar ? stage_width : 0, self->stage);
    if (has_bar)
        append_bar(&line, left < bar_max ? left : bar_max, done, total);
    cu_buffer_append(&line, figures.p, figures.n);
    if (!line.bad)
        (void)fprintf(stderr, "\r%.*s\033[K", (int)(line.n < room ? line.n : room), line.p);
    cu_buffer_free(&figures);
    cu_buffer_free(&line);
    self->shown = true;
}

static bool tell(void *context, const char *stage, uint64_t done, uint64_t total)
{
    cu_terminal *const self = context;

    if (self->stage == NULL || strcmp(self->stage, stage) != 0) {
        self->stage = stage;
        self->stage_start_us = cu_clock_steady_us();
    }
    if (!self->quiet)
        draw(self, done, total);
    return stop_asked == 0;
}

void cu_terminal_begin(cu_terminal *terminal, bool quiet)
{
    const struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};

    *terminal = (cu_terminal){.quiet = quiet || isatty(STDERR_FILENO) == 0};
    terminal->progress = (cu_progress){.tell = tell, .context = terminal};
    /* A second Ctrl-C ends the program at once; what was made durable stays. */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void cu_terminal_end(cu_terminal *terminal)
{
    if (terminal->shown)
        (void)fprintf(stderr, "\r\033[K");
    terminal->shown = false;
}
