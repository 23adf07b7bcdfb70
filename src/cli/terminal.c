/* SPDX-License-Identifier: Apache-2.0 */
/* A bar with rate and time left, redrawn in place. */
#include "cli/terminal.h"

#include "base/clock.h"
#include "cli/command.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

static void draw(cu_terminal *self, uint64_t done, uint64_t total)
{
    enum { width = 30 };

    const double seconds = (double)(cu_clock_steady_us() - self->stage_start_us) / 1e6;
    const double part = total == 0 ? 0 : (double)done / (double)total;
    const size_t filled = part >= 1 ? (size_t)width : (size_t)(part * width);
    const uint64_t left = part > 0.001 ? (uint64_t)(seconds / part - seconds) : 0;
    char bar[width + 1];
    char size[32];

    memset(bar, '.', width);
    memset(bar, '#', filled);
    bar[width] = '\0';
    (void)fprintf(stderr, "\r%-16s [%s] %3.0f %%", self->stage, bar, part * 100);
    if (counts_bytes(self->stage) && seconds > 0.2)
        (void)fprintf(stderr, "  %s/s", cu_cli_size((uint64_t)((double)done / seconds), size));
    if (part > 0.001 && part < 1)
        (void)fprintf(stderr, "  %" PRIu64 ":%02u left", left / 60, (unsigned)(left % 60));
    (void)fprintf(stderr, "\033[K");
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
