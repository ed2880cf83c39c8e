// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate top on a terminal, by ncurses.  Keys, the end of the session, signals and
 * the time for the next sample are waited for all at once.
 */
#define _GNU_SOURCE 1

#include <curses.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "failure.h"
#include "tool.h"
#include "top.h"
#include "waiter.h"

#define HEAD_LINES	2	/* the summary and the titles */
#define FOOT_LINES	1
#define KEY_ESCAPE	27
#define KEY_REDRAW	('L' & 0x1f)

struct view {
	struct top *top;
	struct waiter waiter;
	SCREEN *screen;
	size_t first;		/* the row on the first line */
	bool typing;		/* a pattern, in the last line */
	char typed[128];
	bool over;
	int status;
};

/* ---- the terminal -------------------------------------------------------- */

/* What is told goes to the terminal that the screen was taken from. */
static void give_back(void)
{
	if (!isendwin())
		endwin();
}

static int take_terminal(struct view *view)
{
	const char *name = getenv("TERM");

	setlocale(LC_CTYPE, "");
	view->screen = newterm(NULL, stdout, stdin);
	if (!view->screen)
		return fail(&(struct failure){ .rc = -EINVAL },
			    "a terminal of the kind \"%s\" cannot be drawn on; try --batch",
			    name ? name : "");
	failures_after(give_back);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	return EXIT_DONE;
}

static void leave_terminal(struct view *view)
{
	give_back();
	failures_after(NULL);
	delscreen(view->screen);
}

/* ---- drawing ------------------------------------------------------------- */

/* As much of a text as @width columns hold; what is no text is a "?". */
static void put(const char *text, int width)
{
	size_t length = strlen(text), bytes;
	mbstate_t state = { 0 };
	wchar_t c;
	int columns;

	while (length) {
		bytes = mbrtowc(&c, text, length, &state);
		if (bytes > length) {
			memset(&state, 0, sizeof(state));
			bytes = 1;
			c = 0;
		}
		columns = c ? wcwidth(c) : 1;
		if (columns < 0 || columns > width)
			break;
		if (c)
			addnstr(text, (int)bytes);
		else
			addch('?');
		width -= columns;
		text += bytes;
		length -= bytes;
	}
}

static int name_width(const struct top *top)
{
	size_t i, length, width = 4;

	for (i = 0; i < top->count; i++) {
		length = strlen(top->rows[i].name);
		if (length > width)
			width = length;
	}
	return width > (size_t)COLS / 3 ? COLS / 3 : (int)width;
}

static void draw_row(int y, const struct top_row *row, int width)
{
	char rate[TOP_RATE_MAX];
	int x;

	move(y, 0);
	put(row->name, width);
	top_rate(row->rate, rate, sizeof(rate));
	mvprintw(y, width, "  %8" PRIu64 " %9s %8" PRIu32 " %8" PRIu64 " %8" PRIu64 "  ",
		 row->version, rate, row->watchers, row->queued, row->merged);
	x = getcurx(stdscr);
	/* On a narrow screen the numbers have gone over the edge. */
	if (getcury(stdscr) == y)
		put(row->value, COLS - x);
	else
		move(y + 1, 0);
}

static int visible_rows(void)
{
	int lines = LINES - HEAD_LINES - FOOT_LINES;

	return lines > 0 ? lines : 0;
}

static void scroll_to(struct view *view, size_t first)
{
	size_t count = view->top->count, lines = visible_rows();
	size_t last = count > lines ? count - lines : 0;

	view->first = first < last ? first : last;
}

static void draw_foot(const struct view *view)
{
	move(LINES - 1, 0);
	if (view->typing) {
		put("only names like: ", COLS);
		put(view->typed, COLS - getcurx(stdscr) - 1);
	} else {
		put("q quit  s sort  / only some  arrows scroll", COLS);
	}
	clrtoeol();
}

static void draw(struct view *view)
{
	const struct top *top = view->top;
	int width = name_width(top), i;
	char *summary = top_summary(top);

	scroll_to(view, view->first);
	erase();
	move(0, 0);
	put(summary ? summary : "", COLS);
	free(summary);
	attron(A_REVERSE);
	mvhline(1, 0, ' ', COLS);
	mvprintw(1, 0, "%-*s  %8s %9s %8s %8s %8s  VALUE", width, "NAME", "VERSION",
		 "RATE", "WATCHERS", "QUEUED", "MERGED");
	attroff(A_REVERSE);
	for (i = 0; i < visible_rows() && view->first + i < top->count; i++)
		draw_row(HEAD_LINES + i, &top->rows[view->first + i], width);
	draw_foot(view);
	refresh();
}

/* ---- keys ---------------------------------------------------------------- */

static void finish(struct view *view, int status)
{
	view->over = true;
	view->status = status;
}

static void sample(struct view *view)
{
	int status = top_sample(view->top);

	if (status)
		finish(view, status);
}

/* An empty pattern is none; one that is malformed matches nothing. */
static void take_pattern(struct view *view)
{
	struct top *top = view->top;

	view->typing = false;
	free(top->pattern);
	top->pattern = *view->typed ? strdup(view->typed) : NULL;
	if (*view->typed && !top->pattern)
		finish(view, out_of_memory());
	else
		sample(view);
}

static void take_typed(struct view *view, int key)
{
	size_t length = strlen(view->typed);

	if (key == KEY_ESCAPE) {
		view->typing = false;
	} else if (key == KEY_ENTER || key == '\r' || key == '\n') {
		take_pattern(view);
	} else if (key == KEY_BACKSPACE || key == '\b' || key == 0x7f) {
		if (length)
			view->typed[length - 1] = '\0';
	} else if (key > ' ' && key < 0x7f && length + 1 < sizeof(view->typed)) {
		view->typed[length] = (char)key;
		view->typed[length + 1] = '\0';
	}
}

static void scroll_by(struct view *view, int lines)
{
	if (lines < 0 && (size_t)-lines > view->first)
		scroll_to(view, 0);
	else
		scroll_to(view, view->first + lines);
}

static void take_key(struct view *view, int key)
{
	if (key == KEY_REDRAW) {
		clearok(curscr, TRUE);
		return;
	}
	if (view->typing) {
		take_typed(view, key);
		return;
	}
	switch (key) {
	case 'q':
		finish(view, EXIT_DONE);
		break;
	case 's':
		view->top->order = (view->top->order + 1) % TOP_ORDERS;
		top_sort(view->top);
		break;
	case '/':
		view->typing = true;
		view->typed[0] = '\0';
		break;
	case KEY_UP:
		scroll_by(view, -1);
		break;
	case KEY_DOWN:
		scroll_by(view, 1);
		break;
	case KEY_PPAGE:
		scroll_by(view, -visible_rows());
		break;
	case KEY_NPAGE:
		scroll_by(view, visible_rows());
		break;
	case KEY_HOME:
		scroll_to(view, 0);
		break;
	case KEY_END:
		scroll_to(view, view->top->count);
		break;
	}
}

/* ---- the loop ------------------------------------------------------------ */

/* Signals of ncurses, as that of a new size, interrupt; the size is a key, too. */
static void step(struct view *view)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = view->waiter.signals, .events = POLLIN },
		{ .fd = lstate_session_fd(view->top->session), .events = POLLIN },
	};
	const struct timespec rest = waiter_rest(&view->waiter);
	int key;

	if (ppoll(fds, 3, &rest, NULL) < 0 && errno != EINTR) {
		finish(view, fail(&(struct failure){ .rc = -errno }, "poll: %s",
				  strerror(errno)));
		return;
	}
	if (fds[1].revents || fds[0].revents & (POLLHUP | POLLERR)) {
		finish(view, EXIT_DONE);
		return;
	}
	while (!view->over && (key = getch()) != ERR)
		take_key(view, key);
	if (view->over)
		return;
	if (fds[2].revents || waiter_expired(&view->waiter)) {
		/* What the descriptor says is the end of the session: sample() tells. */
		if (!fds[2].revents && view->top->limited &&
		    !--view->top->iterations) {
			finish(view, EXIT_DONE);
			return;
		}
		waiter_limit(&view->waiter, view->top->interval_ns);
		sample(view);
	}
}

int top_screen(struct top *top)
{
	struct view view = { .top = top };
	int status = waiter_open(&view.waiter);

	if (status)
		return status;
	status = top_sample(top);
	if (!status)
		status = take_terminal(&view);
	if (status) {
		waiter_close(&view.waiter);
		return status;
	}
	waiter_limit(&view.waiter, top->interval_ns);
	while (!view.over) {
		draw(&view);
		step(&view);
	}
	leave_terminal(&view);
	waiter_close(&view.waiter);
	return view.status;
}
