/*
 * A disk that forgets and fails, between the program and the system (LD_PRELOAD). For tests alone.
 *
 * Beside the data directory FAULTS_DATA there is a second one, FAULTS_DISK: what a power cut would leave.
 * A page of a file gets there when the file is synced, a name when its directory is. Pages that were dirty
 * when a sync failed are clean afterwards and were never written, as Linux has it. FAULTS_DISK/.ids holds
 * the files without their names; FAULTS_DISK/.count grows by a byte with every call that changes something.
 *
 *   FAULTS_KILL=n   the n-th such call is the last: the process is killed in its place, or after half of
 *                   it when it writes
 *   FAULTS_RATE=n   one call in n fails, while the file FAULTS_DISK/.armed is there
 *   FAULTS_SEED=n   decides which
 *   FAULTS_EARLY=n  one page in n gets to the disk unasked
 *   FAULTS_LIE=1    a sync does nothing, and says that it has
 *
 * While the file FAULTS_DISK/.room is there, the data directory may take as many bytes as it says, in whole
 * pages: what would take more is done in part, or fails with ENOSPC. What has its room may be overwritten.
 *
 * What is only mapped (-shm) takes room, and like what holds nothing (lock) is left alone otherwise. One mutex
 * is held by every call, so that no thread is in the middle of one when the process is killed.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define FILES 8192
#define FDS 65536
#define NAME 128

struct file {
    char name[NAME];  /* below the data directory; empty when it was removed */
    char also[NAME];  /* an older name beside it; empty when there is none */
    char kept[NAME];  /* the name that survives; empty when none does */
    unsigned char *dirty;
    size_t pages;
};

/* What a descriptor stands for: nothing, a file by its number, a directory, or what is only mapped. */
struct fd {
    enum { NOTHING, A_FILE, A_DIRECTORY, A_MAP } is;
    int file;
    char directory[NAME];
};

static struct file files[FILES];
static int count_of_files;
static struct fd fds[FDS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *data, *disk;
static long kill_at, rate, early, calls;
static int lie, count_fd = -1;
static size_t taken;
static unsigned long long dice;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_link)(const char *, const char *);
static int (*real_linkat)(int, const char *, int, const char *, int);
static int (*real_unlink)(const char *);

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

__attribute__((constructor)) static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_link = dlsym(RTLD_NEXT, "link");
    real_linkat = dlsym(RTLD_NEXT, "linkat");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    disk = getenv("FAULTS_DISK");
    kill_at = number("FAULTS_KILL");
    rate = number("FAULTS_RATE");
    early = number("FAULTS_EARLY");
    lie = (int)number("FAULTS_LIE");
    dice = (unsigned long long)number("FAULTS_SEED") * 2654435761ULL + 88172645463325252ULL;
    if (!disk) return;
    char path[4096];
    snprintf(path, sizeof path, "%s/.count", disk);
    count_fd = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    data = getenv("FAULTS_DATA");
}

static unsigned long long roll(void) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

static int is_map(const char *path) {
    size_t own = strlen(path);
    return own > 4 && strcmp(path + own - 4, "-shm") == 0;
}

/* The part of `path` below the data directory, if it is there and we care. */
static const char *ours(const char *path) {
    size_t length = data ? strlen(data) : 0;
    if (!data || strncmp(path, data, length) != 0) return NULL;
    if (path[length] == 0) return path + length;
    if (path[length] != '/') return NULL;
    const char *name = path + length + 1;
    if (strlen(name) >= NAME || strcmp(name, "lock") == 0 || is_map(name)) return NULL;
    return name;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void place(char *path, size_t size, const char *name) {
    snprintf(path, size, "%s/%s", disk, name);
}

static void place_of(char *path, size_t size, int file) {
    snprintf(path, size, "%s/.ids/%d", disk, file);
}

/* Counts a call that changes something. Whether it is to fail. */
static int counted(void) {
    calls++;
    if (real_write(count_fd, "x", 1) != 1) abort();
    char armed[4096];
    place(armed, sizeof armed, ".armed");
    return rate && roll() % (unsigned long long)rate == 0 && access(armed, F_OK) == 0;
}

static size_t pages_of(size_t length) { return (length + PAGE - 1) / PAGE; }

static int take(const char *path, const struct stat *found, int kind) {
    (void)path;
    if (kind == FTW_F) taken += pages_of((size_t)found->st_size);
    return 0;
}

/* How many pages the data directory may still take. */
static size_t pages_left(void) {
    char path[4096], text[32] = "";
    place(path, sizeof path, ".room");
    int fd = real_open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return SIZE_MAX / PAGE / 2;
    ssize_t got = read(fd, text, sizeof text - 1);
    real_close(fd);
    if (got < 0) abort();
    taken = 0;
    ftw(data, take, 8);
    size_t room = pages_of((size_t)atol(text));
    return room > taken ? room - taken : 0;
}

/* How many of `length` bytes there is room for, at `offset` of a file. */
static size_t fits(int fd, off_t offset, size_t length) {
    struct stat found;
    if (fstat(fd, &found) != 0) abort();
    size_t has = pages_of((size_t)found.st_size), end = (size_t)offset + length;
    if (pages_of(end) <= has) return length;
    size_t most = (has + pages_left()) * PAGE;
    if (most >= end) return length;
    return most > (size_t)offset ? most - (size_t)offset : 0;
}

static int last(void) { return kill_at && calls == kill_at; }

static void copy_pages(int file, int fd, int all) {
    char from[64], to[4096];
    struct stat live;
    struct file *it = &files[file];
    if (fstat(fd, &live) != 0) return;
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    place_of(to, sizeof to, file);
    int in = real_open(from, O_RDONLY | O_CLOEXEC);
    int out = real_open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) abort();
    size_t pages = ((size_t)live.st_size + PAGE - 1) / PAGE;
    char page[PAGE];
    for (size_t number = 0; number < pages; number++) {
        if (!all && (number >= it->pages || !it->dirty[number])) continue;
        ssize_t got = pread(in, page, PAGE, (off_t)(number * PAGE));
        if (got > 0 && real_pwrite(out, page, (size_t)got, (off_t)(number * PAGE)) != got) abort();
    }
    if (real_ftruncate(out, live.st_size) != 0) abort();
    real_close(in);
    real_close(out);
    if (it->dirty) memset(it->dirty, 0, it->pages);
}

static int find(const char *name) {
    for (int file = 0; file < count_of_files; file++) {
        struct file *it = &files[file];
        if (strcmp(it->name, name) == 0 || strcmp(it->also, name) == 0) return file;
    }
    return -1;
}

static int add(const char *name) {
    if (count_of_files == FILES) abort();
    int file = count_of_files++;
    snprintf(files[file].name, NAME, "%s", name);
    char id[4096];
    place_of(id, sizeof id, file);
    real_unlink(id);
    return file;
}

/* A file that was there before: it is on the disk under its name. */
static int adopt(const char *name) {
    int file = find(name);
    if (file >= 0) return file;
    file = add(name);
    char id[4096], path[4096];
    place_of(id, sizeof id, file);
    place(path, sizeof path, name);
    if (real_link(path, id) != 0) abort();
    snprintf(files[file].kept, NAME, "%s", name);
    return file;
}

static int is_in(const char *name, const char *directory) {
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : 0;
    return strlen(directory) == length && strncmp(name, directory, length) == 0;
}

/* Names of a directory get to the disk. */
static void sync_directory(const char *directory) {
    char id[4096], path[4096];
    for (int file = 0; file < count_of_files; file++) {
        struct file *it = &files[file];
        if (it->kept[0] && is_in(it->kept, directory) && strcmp(it->kept, it->name) != 0) {
            place(path, sizeof path, it->kept);
            real_unlink(path);
            it->kept[0] = 0;
        }
    }
    for (int file = 0; file < count_of_files; file++) {
        struct file *it = &files[file];
        if (it->name[0] && !it->kept[0] && is_in(it->name, directory)) {
            place_of(id, sizeof id, file);
            place(path, sizeof path, it->name);
            real_close(real_open(id, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            if (real_link(id, path) != 0) abort();
            memcpy(it->kept, it->name, NAME);
        }
    }
}

static void dirty(int file, off_t offset, size_t length, int fd) {
    struct file *it = &files[file];
    size_t end = ((size_t)offset + length + PAGE - 1) / PAGE;
    if (end > it->pages) {
        it->dirty = realloc(it->dirty, end);
        if (!it->dirty) abort();
        memset(it->dirty + it->pages, 0, end - it->pages);
        it->pages = end;
    }
    memset(it->dirty + (size_t)offset / PAGE, 1, end - (size_t)offset / PAGE);
    if (early && roll() % (unsigned long long)early == 0) copy_pages(file, fd, 0);
}

static int open_any(const char *path, int flags, mode_t mode) {
    const char *name = ours(path);
    if (!name) {
        int fd = real_open(path, flags, mode);
        if (fd >= 0 && fd < FDS && data && is_map(path)) fds[fd].is = A_MAP;
        return fd;
    }
    pthread_mutex_lock(&mutex);
    int was = access(path, F_OK) == 0;
    if (!was && (flags & O_CREAT)) {
        int fails = counted();
        if (last()) die();
        if (fails || pages_left() == 0) {
            pthread_mutex_unlock(&mutex);
            errno = fails ? EIO : ENOSPC;
            return -1;
        }
    }
    int fd = real_open(path, flags, mode);
    struct stat found;
    if (fd >= 0 && fd < FDS && fstat(fd, &found) == 0) {
        if (S_ISDIR(found.st_mode)) {
            fds[fd].is = A_DIRECTORY;
            snprintf(fds[fd].directory, NAME, "%s", name);
        } else {
            fds[fd].is = A_FILE;
            fds[fd].file = was ? adopt(name) : add(name);
        }
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return fd;
}

static int is_file(int fd) { return fd >= 0 && fd < FDS && fds[fd].is == A_FILE; }

/* What SQLite writes of a map, it writes for the room alone. */
static int is_full_map(int fd, off_t offset, size_t length) {
    if (fd < 0 || fd >= FDS || fds[fd].is != A_MAP) return 0;
    pthread_mutex_lock(&mutex);
    int full = fits(fd, offset, length) < length;
    pthread_mutex_unlock(&mutex);
    return full;
}

static ssize_t write_any(int fd, const void *bytes, size_t length, off_t offset, int at) {
    if (!is_file(fd)) {
        if (at && is_full_map(fd, offset, length)) {
            errno = ENOSPC;
            return -1;
        }
        return at ? real_pwrite(fd, bytes, length, offset) : real_write(fd, bytes, length);
    }
    pthread_mutex_lock(&mutex);
    int fails = counted();
    struct stat found;
    if (!at) {
        int append = fcntl(fd, F_GETFL) & O_APPEND;
        offset = append && fstat(fd, &found) == 0 ? found.st_size : lseek(fd, 0, SEEK_CUR);
    }
    size_t most = length, room = fits(fd, offset, length);
    if (last() || (fails && roll() % 2)) most = length / 2;
    ssize_t done = -1;
    if (fails && most == length) {
        errno = EIO;
    } else if (most > 0 && room == 0) {
        errno = ENOSPC;
    } else if (most > 0) {
        if (most > room) most = room;
        done = at ? real_pwrite(fd, bytes, most, offset) : real_write(fd, bytes, most);
        if (done > 0) dirty(fds[fd].file, offset, (size_t)done, fd);
    }
    if (last()) die();
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

static int truncate_any(int fd, off_t length) {
    if (!is_file(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&mutex);
    int fails = counted(), done = -1;
    if (last()) die();
    if (fails) errno = EIO;
    else done = real_ftruncate(fd, length);
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

static int sync_any(int fd, int (*real)(int)) {
    if (fd < 0 || fd >= FDS || fds[fd].is == NOTHING || fds[fd].is == A_MAP) return real(fd);
    pthread_mutex_lock(&mutex);
    int fails = counted();
    if (last()) die();
    if (fails) {
        struct file *it = &files[fds[fd].file];
        if (fds[fd].is == A_FILE && it->dirty) memset(it->dirty, 0, it->pages);
    } else if (!lie) {
        if (fds[fd].is == A_FILE) copy_pages(fds[fd].file, fd, 0);
        else sync_directory(fds[fd].directory);
    }
    pthread_mutex_unlock(&mutex);
    if (fails) errno = EIO;
    return fails ? -1 : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(path, flags, mode);
}

int close(int fd) {
    pthread_mutex_lock(&mutex);
    if (fd >= 0 && fd < FDS) fds[fd].is = NOTHING;
    pthread_mutex_unlock(&mutex);
    return real_close(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return write_any(fd, bytes, length, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return write_any(fd, bytes, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return write_any(fd, bytes, length, offset, 1);
}

int ftruncate(int fd, off_t length) { return truncate_any(fd, length); }

int ftruncate64(int fd, off_t length) { return truncate_any(fd, length); }

int fsync(int fd) { return sync_any(fd, real_fsync); }

int fdatasync(int fd) { return sync_any(fd, real_fdatasync); }

int rename(const char *from, const char *to) {
    const char *old = ours(from), *new = ours(to);
    if (!old || !new) return real_rename(from, to);
    pthread_mutex_lock(&mutex);
    int fails = counted(), done = -1;
    if (last()) die();
    if (fails) {
        errno = EIO;
    } else {
        int moved = adopt(old), gone = access(to, F_OK) == 0 ? adopt(new) : -1;
        done = real_rename(from, to);
        if (done == 0) {
            if (gone >= 0) files[gone].name[0] = 0;
            snprintf(files[moved].name, NAME, "%s", new);
        }
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

int link(const char *from, const char *to) {
    const char *old = ours(from), *new = ours(to);
    if (!old || !new) return real_link(from, to);
    pthread_mutex_lock(&mutex);
    int fails = counted(), done = -1;
    if (last()) die();
    if (fails) {
        errno = EIO;
    } else {
        int file = adopt(old);
        done = real_link(from, to);
        if (done == 0) {
            memmove(files[file].also, files[file].name, NAME);
            snprintf(files[file].name, NAME, "%s", new);
        }
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    if (from_fd == AT_FDCWD && to_fd == AT_FDCWD && flags == 0) return link(from, to);
    return real_linkat(from_fd, from, to_fd, to, flags);
}

int unlink(const char *path) {
    const char *name = ours(path);
    if (!name || access(path, F_OK) != 0) return real_unlink(path);
    pthread_mutex_lock(&mutex);
    int fails = counted(), done = -1;
    if (last()) die();
    if (fails) {
        errno = EIO;
    } else {
        int file = adopt(name);
        done = real_unlink(path);
        struct file *it = &files[file];
        if (done == 0) (strcmp(it->name, name) == 0 ? it->name : it->also)[0] = 0;
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return done;
}
