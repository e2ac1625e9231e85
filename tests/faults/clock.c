/*
 * The clocks of a machine as one process has them: preloaded, moved by a file that a test writes.
 *
 * MBOTE_TEST_CLOCK names the file (struct Clock); MBOTE_TEST_BOOT a file in the place of the kernel's boot id. The wall
 * clock is the real one plus `offset`, running fast by `drift` since `since`; the clock that counts from the machine's
 * start counts from `started`; the network has set the clock or has not. Everything else is the machine's own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct Clock {
    int64_t offset_ns;
    int64_t drift_ppm;
    int64_t since_ns;   /* monotonic */
    int64_t started_ns; /* boot time */
    int64_t synchronised;
};

#define SECOND 1000000000LL
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static const struct Clock none;
static const struct Clock *moved;
/* A process lives in the boot that it was started in: other boxes are not started again with this one. */
static int64_t started_ns;

static const struct Clock *clock_of_this_test(void)
{
    if (moved == NULL) {
        const char *path = getenv("MBOTE_TEST_CLOCK");
        int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
        void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0)
            close(file);
        moved = found == MAP_FAILED ? &none : found;
        started_ns = moved->started_ns;
    }
    return moved;
}

static int64_t real(clockid_t which)
{
    struct timespec now;
    syscall(SYS_clock_gettime, which, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static int64_t wall(void)
{
    const struct Clock *c = clock_of_this_test();
    int64_t gone = c->drift_ppm ? real(CLOCK_MONOTONIC) - c->since_ns : 0;
    return real(CLOCK_REALTIME) + c->offset_ns + gone / 1000000 * c->drift_ppm;
}

static void put(struct timespec *to, int64_t ns)
{
    to->tv_sec = ns / SECOND;
    to->tv_nsec = ns % SECOND;
}

int clock_gettime(clockid_t which, struct timespec *to)
{
    if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)
        put(to, wall());
    else if (which == CLOCK_BOOTTIME)
        put(to, (clock_of_this_test(), real(CLOCK_BOOTTIME) - started_ns));
    else
        return (int)syscall(SYS_clock_gettime, which, to);
    return 0;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
    int64_t ns = wall();
    (void)zone;
    to->tv_sec = ns / SECOND;
    to->tv_usec = ns % SECOND / 1000;
    return 0;
}

time_t time(time_t *to)
{
    time_t now = wall() / SECOND;
    if (to)
        *to = now;
    return now;
}

int adjtimex(struct timex *buffer)
{
    (void)buffer;
    return clock_of_this_test()->synchronised ? TIME_OK : TIME_ERROR;
}

static const char *instead(const char *path)
{
    const char *other = strcmp(path, BOOT_ID) ? NULL : getenv("MBOTE_TEST_BOOT");
    return other ? other : path;
}

#define OPEN(name)                                                                                  \
    int name(const char *path, int flags, ...)                                                      \
    {                                                                                               \
        va_list more;                                                                               \
        va_start(more, flags);                                                                      \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                           \
        va_end(more);                                                                               \
        return (int)syscall(SYS_openat, AT_FDCWD, instead(path), flags, mode);                      \
    }

OPEN(open)
OPEN(open64)
