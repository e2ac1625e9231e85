/* A disk in memory whose power can be cut: a VFS for the libsqlite3 that Python uses.
 *
 * What a program has written is there for it at once (`now`); what a cut leaves is another image (`safe`). A sync
 * carries one into the other. Between syncs the disk may write any sector early, in any order. At a cut each sector not
 * synced is kept, lost or torn, a file that grew has its old length, its new one or one between, one that was shortened
 * or deleted is so or is as before, one that was created and never synced may be missing. The same disk counts its operations, refuses the nth of them, lies about syncing, or
 * takes its time: see tests/faults/power.py. No header of SQLite is needed; what is declared here is its stable ABI.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int64_t i64;
typedef struct Methods Methods;
typedef struct { const Methods *methods; } Base;
struct Methods {
    int version;
    int (*close)(Base *);
    int (*read)(Base *, void *, int, i64);
    int (*write)(Base *, const void *, int, i64);
    int (*truncate)(Base *, i64);
    int (*sync)(Base *, int);
    int (*size)(Base *, i64 *);
    int (*lock)(Base *, int);
    int (*unlock)(Base *, int);
    int (*reserved)(Base *, int *);
    int (*control)(Base *, int, void *);
    int (*sector)(Base *);
    int (*traits)(Base *);
    int (*shm_map)(Base *, int, int, int, void volatile **);
    int (*shm_lock)(Base *, int, int, int);
    void (*shm_barrier)(Base *);
    int (*shm_unmap)(Base *, int);
};
typedef struct Vfs Vfs;
struct Vfs {
    int version, file_bytes, longest_name;
    Vfs *next;
    const char *name;
    void *data;
    int (*open)(Vfs *, const char *, Base *, int, int *);
    int (*delete)(Vfs *, const char *, int);
    int (*access)(Vfs *, const char *, int, int *);
    int (*full_path)(Vfs *, const char *, int, char *);
    void *(*dl_open)(Vfs *, const char *);
    void (*dl_error)(Vfs *, int, char *);
    void (*(*dl_sym)(Vfs *, void *, const char *))(void);
    void (*dl_close)(Vfs *, void *);
    int (*randomness)(Vfs *, int, char *);
    int (*sleep)(Vfs *, int);
    int (*time)(Vfs *, double *);
    int (*last_error)(Vfs *, int, char *);
    int (*time64)(Vfs *, i64 *);
};
enum { OK = 0, BUSY = 5, IOERR = 10, FULL = 13, CANTOPEN = 14, NOTFOUND = 12 };
enum { READ_ERR = 266, SHORT_READ = 522, WRITE_ERR = 778, SYNC_ERR = 1034, TRUNCATE_ERR = 1546, DELETE_ERR = 2570 };
enum { CREATE = 4, DELETE_ON_CLOSE = 8, POWERSAFE_OVERWRITE = 0x1000 };
enum { SECTOR = 512, SLOTS = 8, REGIONS = 64, NAME = 256 };

typedef struct Handle Handle;
typedef struct Memory { /* what connections share beside a database: gone with the power */
    void *region[REGIONS];
    int count, users, shared[SLOTS];
    Handle *owner[SLOTS];
} Memory;
typedef struct File {
    char name[NAME];
    unsigned char *now, *safe, *dirty;
    i64 size, safe_size, room;
    int there, safe_there, users, gone; /* gone: from before a cut, nobody finds it any more */
    int readers;
    Handle *reserved, *exclusive;
    Memory *memory;
    struct File *next;
} File;
struct Handle {
    Base base;
    File *file;
    Memory *memory;
    int level, held[SLOTS], forget;
};

/* What can be asked of the disk, and what it counts; read and written by Python. */
struct Disk {
    i64 cut_at;    /* the power goes with this operation; 0: stays */
    i64 cut_sync;  /* or with this sync */
    i64 refuse_sync; /* this sync is refused, and what was written stays where a crash forgets it */
    i64 refuse_at; /* this operation is refused; 0: none */
    int refusal;   /* with this answer of SQLite's: 10 EIO, 13 full, -1 a short write */
    int for_ever;  /* and all later ones */
    int lies;      /* a sync does nothing and says it did */
    int sync_us;   /* a sync takes so long */
    int early;     /* one in so many writes reaches the card at once; 0: none */
    int off;       /* the power is gone */
    i64 ops, writes, syncs, bytes, refused;
} disk;

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static File *files;
static uint64_t chance = 88172645463325252ull;

void power_seed(uint64_t seed) { chance = seed * 2654435761u + 88172645463325252ull; }
static uint64_t roll(uint64_t sides) {
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
    return (chance >> 11) % sides;
}

/* --- files ------------------------------------------------------------------------------- */

static File *find(const char *name) {
    for (File *f = files; f; f = f->next)
        if (!f->gone && !strcmp(f->name, name)) return f;
    return NULL;
}
static File *add(const char *name) {
    File *f = calloc(1, sizeof *f);
    snprintf(f->name, NAME, "%s", name ? name : "");
    if (name) f->next = files, files = f;
    return f;
}
static void release(File *f) {
    if (f->users || (!f->gone && f->name[0])) return;
    for (File **at = &files; *at; at = &(*at)->next)
        if (*at == f) { *at = f->next; break; }
    free(f->now), free(f->safe), free(f->dirty), free(f);
}
static void room(File *f, i64 size) {
    if (size <= f->room) return;
    i64 more = f->room ? f->room : 64 * SECTOR;
    while (more < size) more *= 2;
    f->now = realloc(f->now, more), f->safe = realloc(f->safe, more), f->dirty = realloc(f->dirty, more / SECTOR);
    memset(f->now + f->room, 0, more - f->room), memset(f->safe + f->room, 0, more - f->room);
    memset(f->dirty + f->room / SECTOR, 0, (more - f->room) / SECTOR);
    f->room = more;
}
static void settle(File *f, i64 sector) { memcpy(f->safe + sector * SECTOR, f->now + sector * SECTOR, SECTOR); }
static i64 sectors(i64 bytes) { return (bytes + SECTOR - 1) / SECTOR; }
static void settle_all(File *f) {
    for (i64 s = 0; s < sectors(f->room); s++)
        if (f->dirty[s]) settle(f, s), f->dirty[s] = 0;
    if (f->safe_size > f->size) memset(f->safe + f->size, 0, f->safe_size - f->size);
    f->safe_size = f->size, f->safe_there = f->there;
}

/* A file becomes shorter, at once or, after a cut, not at all: file systems keep their own books whole. */
static void shorten(File *f, i64 size, int lasting) {
    i64 whole = (size + SECTOR - 1) / SECTOR;
    memset(f->now + size, 0, f->size - size), f->size = size;
    if (size % SECTOR) f->dirty[size / SECTOR] = 1;
    memset(f->dirty + whole, 0, f->room / SECTOR - whole);
    if (!lasting && roll(2)) return;
    if (f->safe_size > size) memset(f->safe + size, 0, f->safe_size - size), f->safe_size = size;
}

/* One more operation: OK, or how it is refused. */
static int operation(int refusal) {
    if (disk.off) return refusal;
    disk.ops++;
    if (disk.cut_at && disk.ops >= disk.cut_at) return disk.off = 1, refusal;
    if (disk.refuse_at && (disk.ops == disk.refuse_at || (disk.for_ever && disk.ops > disk.refuse_at)))
        return disk.refused++, disk.refusal == FULL ? FULL : refusal;
    return OK;
}

static int file_read(Base *b, void *into, int n, i64 at) {
    File *f = ((Handle *)b)->file;
    pthread_mutex_lock(&door);
    int answer = disk.off || f->gone ? READ_ERR : OK;
    i64 there = f->size > at ? f->size - at : 0;
    if (there > n) there = n;
    if (!answer && there) memcpy(into, f->now + at, there);
    if (!answer && there < n) memset((char *)into + there, 0, n - there), answer = SHORT_READ;
    pthread_mutex_unlock(&door);
    return answer;
}
static int file_write(Base *b, const void *from, int n, i64 at) {
    File *f = ((Handle *)b)->file;
    pthread_mutex_lock(&door);
    int dead = f->gone || disk.off, answer = dead ? WRITE_ERR : operation(WRITE_ERR);
    i64 done = answer == OK ? n : !dead && (disk.off || disk.refusal == -1) ? (i64)roll(n) : 0;
    if (done) {
        room(f, at + done), memcpy(f->now + at, from, done);
        if (at + done > f->size) f->size = at + done;
        for (i64 s = at / SECTOR; s <= (at + done - 1) / SECTOR; s++) {
            f->dirty[s] = 1;
            if (disk.early && !roll(disk.early)) settle(f, s);
        }
        disk.writes++, disk.bytes += done;
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static int file_truncate(Base *b, i64 size) {
    File *f = ((Handle *)b)->file;
    pthread_mutex_lock(&door);
    int answer = f->gone ? TRUNCATE_ERR : operation(TRUNCATE_ERR);
    if (!answer && size < f->size) shorten(f, size, 0);
    pthread_mutex_unlock(&door);
    return answer;
}
static int file_sync(Base *b, int flags) {
    File *f = ((Handle *)b)->file;
    (void)flags;
    if (disk.sync_us) usleep(disk.sync_us);
    pthread_mutex_lock(&door);
    int dead = f->gone || disk.off;
    if (!dead && disk.cut_sync && disk.syncs + 1 >= disk.cut_sync) disk.cut_at = disk.ops + 1;
    if (!dead && disk.refuse_sync == disk.syncs + 1) disk.refuse_at = disk.ops + 1, disk.refusal = 10, disk.refuse_sync = 0;
    int answer = dead ? SYNC_ERR : operation(SYNC_ERR);
    int just_done = answer && !dead && disk.off && roll(2); /* the power goes between the sync and its answer */
    if ((!answer || just_done) && !disk.lies) settle_all(f);
    disk.syncs += !answer;
    pthread_mutex_unlock(&door);
    return answer;
}
static int file_size(Base *b, i64 *size) {
    *size = ((Handle *)b)->file->size;
    return disk.off ? READ_ERR : OK;
}

/* --- locks and shared memory ---------------------------------------------------------------- */

static int file_lock(Base *b, int level) {
    Handle *h = (Handle *)b;
    File *f = h->file;
    int answer = disk.off || f->gone ? IOERR : OK;
    pthread_mutex_lock(&door);
    if (!answer && level > h->level) {
        if (level == 1) {
            if (f->exclusive && f->exclusive != h) answer = BUSY;
            else f->readers++;
        } else if (level == 2) {
            if (f->reserved && f->reserved != h) answer = BUSY;
            else f->reserved = h;
        } else if (f->readers > 1 || (f->reserved && f->reserved != h)) answer = BUSY;
        else f->exclusive = f->reserved = h;
        if (!answer) h->level = level;
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static int file_unlock(Base *b, int level) {
    Handle *h = (Handle *)b;
    File *f = h->file;
    pthread_mutex_lock(&door);
    if (f->exclusive == h) f->exclusive = NULL;
    if (f->reserved == h) f->reserved = NULL;
    if (h->level && !level) f->readers--;
    if (level < h->level) h->level = level;
    pthread_mutex_unlock(&door);
    return OK;
}
static int file_reserved(Base *b, int *yes) { return *yes = ((Handle *)b)->file->reserved != NULL, OK; }
static int file_control(Base *b, int op, void *arg) { return (void)b, (void)op, (void)arg, NOTFOUND; }
static int file_sector(Base *b) { return (void)b, SECTOR; }
static int file_traits(Base *b) { return (void)b, POWERSAFE_OVERWRITE; }

static int shm_map(Base *b, int region, int bytes, int extend, void volatile **out) {
    Handle *h = (Handle *)b;
    int answer = OK;
    *out = NULL;
    pthread_mutex_lock(&door);
    if (disk.off || h->file->gone) answer = IOERR;
    else {
        if (!h->file->memory) h->file->memory = calloc(1, sizeof(Memory));
        if (!h->memory) h->memory = h->file->memory, h->memory->users++;
        Memory *m = h->memory;
        while (extend && m->count <= region && m->count < REGIONS) m->region[m->count++] = calloc(1, bytes);
        if (region < m->count) *out = m->region[region];
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static int shm_lock(Base *b, int from, int n, int flags) {
    Handle *h = (Handle *)b;
    Memory *m = h->memory;
    int answer = OK, exclusive = flags & 8, lock = flags & 2;
    if (!m) return IOERR;
    pthread_mutex_lock(&door);
    for (int s = from; lock && s < from + n; s++) {
        int others = m->shared[s] - (h->held[s] == 1);
        if ((m->owner[s] && m->owner[s] != h) || (exclusive && others)) answer = BUSY;
    }
    for (int s = from; !answer && s < from + n; s++) {
        if (h->held[s] == 1) m->shared[s]--;
        if (m->owner[s] == h) m->owner[s] = NULL;
        h->held[s] = lock ? (exclusive ? 2 : 1) : 0;
        if (h->held[s] == 1) m->shared[s]++;
        if (h->held[s] == 2) m->owner[s] = h;
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static void shm_barrier(Base *b) { (void)b, pthread_mutex_lock(&door), pthread_mutex_unlock(&door); }
static int shm_unmap(Base *b, int forget) {
    Handle *h = (Handle *)b;
    Memory *m = h->memory;
    (void)forget;
    if (!m) return OK;
    pthread_mutex_lock(&door);
    for (int s = 0; s < SLOTS; s++) {
        if (h->held[s] == 1) m->shared[s]--;
        if (m->owner[s] == h) m->owner[s] = NULL;
        h->held[s] = 0;
    }
    h->memory = NULL;
    if (!--m->users) {
        for (int r = 0; r < m->count; r++) free(m->region[r]);
        if (h->file->memory == m) h->file->memory = NULL;
        free(m);
    }
    pthread_mutex_unlock(&door);
    return OK;
}
static int file_close(Base *b) {
    Handle *h = (Handle *)b;
    File *f = h->file;
    shm_unmap(b, 0);
    file_unlock(b, 0);
    pthread_mutex_lock(&door);
    f->users--;
    if (h->forget) f->there = f->safe_there = 0;
    release(f);
    pthread_mutex_unlock(&door);
    return OK;
}

static const Methods METHODS = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock, file_reserved,
    file_control, file_sector, file_traits, shm_map, shm_lock, shm_barrier, shm_unmap,
};

/* --- the disk as a whole -------------------------------------------------------------------- */

static int disk_open(Vfs *vfs, const char *name, Base *b, int flags, int *out) {
    Handle *h = (Handle *)b;
    (void)vfs;
    memset(h, 0, sizeof *h);
    pthread_mutex_lock(&door);
    File *f = name ? find(name) : NULL;
    int answer = disk.off || ((!f || !f->there) && !(flags & CREATE)) ? CANTOPEN : OK;
    if (!answer) {
        if (!f) f = add(name);
        f->there = 1, f->users++;
        h->file = f, h->base.methods = &METHODS, h->forget = flags & DELETE_ON_CLOSE;
        if (out) *out = flags;
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static int disk_delete(Vfs *vfs, const char *name, int lasting) {
    (void)vfs;
    pthread_mutex_lock(&door);
    File *f = find(name);
    int answer = operation(DELETE_ERR);
    if (!answer && f) {
        int at_once = lasting || !roll(2);
        if (f->room) shorten(f, 0, at_once);
        f->there = 0, f->safe_there = f->safe_there && !at_once;
    }
    pthread_mutex_unlock(&door);
    return answer;
}
static int disk_access(Vfs *vfs, const char *name, int flags, int *yes) {
    (void)vfs, (void)flags;
    pthread_mutex_lock(&door);
    File *f = find(name);
    *yes = f && f->there && (flags || f->size > 0);
    pthread_mutex_unlock(&door);
    return disk.off ? IOERR : OK;
}
static int disk_path(Vfs *vfs, const char *name, int n, char *out) {
    return (void)vfs, snprintf(out, n, "%s", name), OK;
}

static Vfs ours;
Vfs *power_vfs(Vfs *system) {
    ours = *system;
    ours.version = 2, ours.file_bytes = sizeof(Handle), ours.longest_name = NAME - 1, ours.next = NULL;
    ours.name = "power", ours.data = NULL;
    ours.open = disk_open, ours.delete = disk_delete, ours.access = disk_access, ours.full_path = disk_path;
    return &ours;
}

/* Every file is what the card kept, or could have kept (`torn`); what is open belongs to a machine that has no power any more. */
static void begin_again(int torn) {
    int mood = roll(4); /* of the card's cache: all of it lost, all of it kept, or any sector by itself */
    File *old = files, *next;
    for (File *f = old; f; f = f->next) f->gone++;
    for (File *f = old; f; f = f->next) {
        if (f->gone > 1) continue; /* from before an earlier cut, still held by somebody */
        int there = f->safe_there || (torn && f->there && !roll(2));
        if (!there) continue;
        File *g = add(f->name);
        i64 most = f->size > f->safe_size ? f->size : f->safe_size, size = f->safe_size;
        room(g, most + SECTOR);
        if (f->safe) memcpy(g->now, f->safe, most < f->room ? most : f->room);
        for (i64 s = 0; torn && s < sectors(most) && s < f->room / SECTOR; s++) {
            if (!f->dirty[s]) continue;
            int fate = mood < 2 ? mood : (int)roll(4), part = fate == 0 ? 0 : fate == 1 ? SECTOR : (int)roll(SECTOR);
            memcpy(g->now + s * SECTOR, f->now + s * SECTOR, part);
        }
        if (torn && f->size != f->safe_size) {
            i64 low = f->size < f->safe_size ? f->size : f->safe_size;
            int fate = roll(f->size < f->safe_size ? 2 : 3);
            size = fate == 0 ? f->safe_size : fate == 1 ? f->size : low + (i64)roll(most - low + 1);
        }
        memset(g->now + size, 0, g->room - size);
        g->size = g->safe_size = size, g->there = g->safe_there = 1;
        memcpy(g->safe, g->now, g->room);
    }
    for (File *f = old; f; f = next) next = f->next, release(f);
    disk.off = 0, disk.cut_at = disk.cut_sync = disk.refuse_at = 0;
}
void power_cut(void) {
    pthread_mutex_lock(&door);
    begin_again(1);
    pthread_mutex_unlock(&door);
}

/* Keep what is on the card (all of it synced first), and go back to it. */
typedef struct Copy { char name[NAME]; i64 size; unsigned char *bytes; struct Copy *next; } Copy;
static Copy *kept;
void power_forget(void) {
    for (Copy *c = kept, *n; c; c = n) n = c->next, free(c->bytes), free(c);
    kept = NULL;
}
void power_keep(void) {
    pthread_mutex_lock(&door);
    power_forget();
    for (File *f = files; f; f = f->next) {
        if (f->gone || !f->there) continue;
        Copy *c = calloc(1, sizeof *c);
        snprintf(c->name, NAME, "%s", f->name);
        c->size = f->size, c->bytes = malloc(f->size + 1), c->next = kept, kept = c;
        if (f->size) memcpy(c->bytes, f->now, f->size);
    }
    pthread_mutex_unlock(&door);
}
void power_back(void) {
    pthread_mutex_lock(&door);
    File *next;
    for (File *f = files; f; f = f->next) f->gone++;
    for (File *f = files; f; f = next) next = f->next, release(f);
    for (Copy *c = kept; c; c = c->next) {
        File *f = add(c->name);
        room(f, c->size + SECTOR);
        if (c->size) memcpy(f->now, c->bytes, c->size), memcpy(f->safe, c->bytes, c->size);
        f->size = f->safe_size = c->size, f->there = f->safe_there = 1;
    }
    memset(&disk, 0, sizeof disk);
    pthread_mutex_unlock(&door);
}
i64 power_size(const char *name) {
    pthread_mutex_lock(&door);
    File *f = find(name);
    i64 size = f && f->there ? f->size : 0;
    pthread_mutex_unlock(&door);
    return size;
}
