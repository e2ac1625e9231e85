/* A card that syncs so often a second and no more: fsync and fdatasync of a process one after the other, each at its
   turn. Preloaded (LD_PRELOAD) into the hub of hub/bench/box.py; MBOTE_SYNCS_S says how many. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static long long next_ns;

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int synced(const char *name, int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *said = getenv("MBOTE_SYNCS_S");
    long long each = 1000000000LL / (said ? atoi(said) : 100);
    pthread_mutex_lock(&turn);
    long long begins = now_ns() > next_ns ? now_ns() : next_ns;
    next_ns = begins + each;
    struct timespec until = {next_ns / 1000000000LL, next_ns % 1000000000LL};
    pthread_mutex_unlock(&turn);
    int result = real(file);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    return result;
}

int fsync(int file) { return synced("fsync", file); }
int fdatasync(int file) { return synced("fdatasync", file); }
