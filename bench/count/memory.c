// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a variable and of a link, by what the kernel's own accounts grow when
 * very many are made: the slab caches, object by object and in whole pages, and
 * what is vmalloc()ed, as tables are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count.h"

#define VARIABLES 100000U
#define LINKS 10000U
/* One watch takes that many targets, at most. */
#define TARGETS 1000U

struct memory {
	int64_t objects;
	int64_t slabs;
	int64_t vmalloc;
};

static FILE *open_account(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		bench_fail("%s: %s", path, strerror(errno));
	return file;
}

/* name active total objsize perslab pages : tunables ... : slabdata active num */
static void add_slab_line(struct memory *memory, const char *line)
{
	unsigned long active, size, pages, slabs;

	if (sscanf(line, "%*s %lu %*u %lu %*u %lu : tunables %*u %*u %*u : slabdata %*u %lu",
		   &active, &size, &pages, &slabs) != 4)
		return;
	memory->objects += active * size;
	memory->slabs += slabs * pages * sysconf(_SC_PAGESIZE);
}

static struct memory memory_now(void)
{
	struct memory memory = {};
	unsigned long kib;
	char line[512];
	FILE *file;

	file = open_account("/proc/slabinfo");
	while (fgets(line, sizeof(line), file))
		add_slab_line(&memory, line);
	fclose(file);
	file = open_account("/proc/meminfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmallocUsed: %lu", &kib) == 1)
			memory.vmalloc = kib * 1024;
	fclose(file);
	return memory;
}

static void print(const char *what, const struct memory *before, unsigned int n)
{
	struct memory now = memory_now();

	printf("{\"memory\": \"%s\", \"n\": %u", what, n);
	printf(", \"slab_objects\": %.0f, \"slab_pages\": %.0f",
	       (double)(now.objects - before->objects) / n,
	       (double)(now.slabs - before->slabs) / n);
	printf(", \"vmalloc\": %.0f}\n",
	       (double)(now.vmalloc - before->vmalloc) / n);
	fflush(stdout);
}

void bench_count_memory(void)
{
	struct memory before;
	char name[32];
	unsigned int i;
	uint64_t *ids;
	int fd;

	if (bench_profile_is_on())
		return;
	fd = bench_session_open(NULL, 0);
	ids = calloc(VARIABLES, sizeof(*ids));
	if (!ids)
		bench_fail("out of memory");
	before = memory_now();
	for (i = 0; i < VARIABLES; i++) {
		snprintf(name, sizeof(name), "bench/%08u", i);
		ids[i] = bench_variable_register(fd, name);
	}
	print("scalar variable", &before, VARIABLES);
	bench_watch(fd, ids, 1);
	before = memory_now();
	for (i = 0; i < LINKS; i += TARGETS)
		bench_watch(fd, ids + i, TARGETS);
	print("link", &before, LINKS);
	before = memory_now();
	for (i = 0; i < LINKS; i++)
		bench_watch(fd, ids + i, 1);
	print("watch of one variable", &before, LINKS);
	free(ids);
	close(fd);
}
