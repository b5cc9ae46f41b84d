/* Preloaded into a process: records, in one order, every call that changes files below a folder or makes them
 * durable, with all that was written.
 *
 *   POWER_LOSS_FOLDER  the folder, as a canonical path
 *   POWER_LOSS_RECORD  the file that records are appended to
 *   POWER_LOSS_KILL    optional: behind how many records the process is killed
 *
 * Each record is a head, two paths relative to the folder, and data; see `struct head` and `enum kind`. A call and
 * its record happen under one lock, so the order of the records is that of the effects. What can't be recorded
 * (a shared writable mapping, a link, …) ends the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, MKDIR, WRITE, LENGTH, RENAME, REMOVE, SYNC };

struct head {
    uint32_t kind, path_len, other_len, data_len;
    uint64_t number; /* an offset, or a length */
};

#define PATH_SIZE (2 * PATH_MAX + 2)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_len;
static int record_to = -1;
static long left = -1;

static void give_up(const char *why) {
    fprintf(stderr, "the recorder gives up: %s\n", why);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *in = getenv("POWER_LOSS_FOLDER"), *to = getenv("POWER_LOSS_RECORD");
    const char *kill_at = getenv("POWER_LOSS_KILL");
    if (!in || !to || strlen(in) >= sizeof folder) give_up("it doesn't know what to record");
    record_to = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record_to < 0) give_up("the record can't be opened");
    if (kill_at) left = atol(kill_at);
    strcpy(folder, in);
    folder_len = strlen(folder);
}

/* The part below the folder, "" for the folder itself; none for what is elsewhere. */
static const char *inside(const char *path) {
    if (!folder_len || strncmp(path, folder, folder_len)) return NULL;
    if (!path[folder_len]) return "";
    return path[folder_len] == '/' ? path + folder_len + 1 : NULL;
}

static const char *path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_SIZE - 1);
    if (len < 0) return NULL;
    path[len] = 0;
    return inside(path);
}

/* Where a file with a descriptor is. One that changes must still have a name. */
static const char *changing(int fd, char *path) {
    const char *at = path_of(fd, path);
    size_t len = at ? strlen(at) : 0;
    if (len > 10 && !strcmp(at + len - 10, " (deleted)")) give_up("a file without a name is written to");
    return at;
}

static const char *resolve(int dir, const char *path, char *whole) {
    if (path[0] == '/') {
        snprintf(whole, PATH_SIZE, "%s", path);
        return inside(whole);
    }
    char base[PATH_SIZE];
    if (dir == AT_FDCWD ? !getcwd(base, sizeof base) : (path_of(dir, base), 0)) return NULL;
    if (strlen(base) + strlen(path) + 2 > PATH_SIZE) give_up("a path is too long");
    strcat(strcat(strcpy(whole, base), "/"), path);
    return inside(whole);
}

static void record(enum kind kind, const char *path, const char *other, uint64_t number, const void *data,
                   size_t data_len) {
    struct head head = {kind, (uint32_t)strlen(path), (uint32_t)strlen(other), (uint32_t)data_len, number};
    struct iovec parts[] = {{&head, sizeof head},
                            {(void *)path, head.path_len},
                            {(void *)other, head.other_len},
                            {(void *)data, data_len}};
    long whole = (long)(sizeof head + head.path_len + head.other_len + data_len);
    if (syscall(SYS_writev, record_to, parts, 4) != whole) give_up("the record can't be written");
    if (left > 0 && --left == 0) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define LOCKED(type, call, then)                                                                                  \
    do {                                                                                                          \
        pthread_mutex_lock(&turn);                                                                                \
        type done = (call);                                                                                       \
        int error = errno;                                                                                        \
        then;                                                                                                     \
        pthread_mutex_unlock(&turn);                                                                              \
        errno = error;                                                                                            \
        return done;                                                                                              \
    } while (0)

/* Opening creates and truncates. */

static int open_any(int dir, const char *path, int flags, mode_t mode) {
    char whole[PATH_SIZE];
    struct stat before;
    const char *at = resolve(dir, path, whole);
    int changes = at && (flags & (O_CREAT | O_TRUNC));
    if (at && (flags & O_TMPFILE) == O_TMPFILE) give_up("a file without a name is made");
    pthread_mutex_lock(&turn);
    int existed = changes && !lstat(whole, &before);
    int fd = NEXT(openat)(dir, path, flags, mode);
    int error = errno;
    if (fd >= 0 && changes && !existed) record(CREATE, at, "", 0, "", 0);
    if (fd >= 0 && existed && (flags & O_TRUNC)) record(LENGTH, at, "", 0, "", 0);
    pthread_mutex_unlock(&turn);
    errno = error;
    return fd;
}

#define MODE                                                                                                      \
    mode_t mode = 0;                                                                                              \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                          \
        va_list rest;                                                                                             \
        va_start(rest, flags);                                                                                    \
        mode = va_arg(rest, mode_t);                                                                              \
        va_end(rest);                                                                                             \
    }
int open(const char *path, int flags, ...) { MODE return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE return open_any(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) {
    MODE return open_any(dir, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* Writing. */

static off_t position(int fd) {
    struct stat now;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND)) return fstat(fd, &now) ? 0 : now.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

static void record_parts(const char *at, off_t offset, const struct iovec *parts, int count, ssize_t written) {
    for (int i = 0; i < count && written > 0; i++) {
        size_t here = parts[i].iov_len < (size_t)written ? parts[i].iov_len : (size_t)written;
        record(WRITE, at, "", (uint64_t)offset, parts[i].iov_base, here);
        offset += (off_t)here;
        written -= (ssize_t)here;
    }
}

ssize_t write(int fd, const void *data, size_t len) {
    char path[PATH_SIZE];
    const char *at = changing(fd, path);
    if (!at) return NEXT(write)(fd, data, len);
    struct iovec part = {(void *)data, len};
    off_t offset = position(fd);
    LOCKED(ssize_t, NEXT(write)(fd, data, len), record_parts(at, offset, &part, 1, done));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_SIZE];
    const char *at = changing(fd, path);
    if (!at) return NEXT(writev)(fd, parts, count);
    off_t offset = position(fd);
    LOCKED(ssize_t, NEXT(writev)(fd, parts, count), record_parts(at, offset, parts, count, done));
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
    char path[PATH_SIZE];
    const char *at = changing(fd, path);
    if (!at) return NEXT(pwrite64)(fd, data, len, offset);
    struct iovec part = {(void *)data, len};
    LOCKED(ssize_t, NEXT(pwrite64)(fd, data, len, offset), record_parts(at, offset, &part, 1, done));
}
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) { return pwrite64(fd, data, len, offset); }

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    char path[PATH_SIZE];
    const char *at = changing(fd, path);
    if (!at) return NEXT(pwritev64)(fd, parts, count, offset);
    LOCKED(ssize_t, NEXT(pwritev64)(fd, parts, count, offset), record_parts(at, offset, parts, count, done));
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t len) {
    char path[PATH_SIZE];
    const char *at = changing(fd, path);
    if (!at) return NEXT(ftruncate64)(fd, len);
    LOCKED(int, NEXT(ftruncate64)(fd, len), if (!done) record(LENGTH, at, "", (uint64_t)len, "", 0));
}
int ftruncate(int fd, off_t len) { return ftruncate64(fd, len); }

/* Names. */

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char path[PATH_SIZE], other[PATH_SIZE];
    const char *at = resolve(from_dir, from, path), *target = resolve(to_dir, to, other);
    if (!at != !target || (at && flags)) give_up("a rename can't be recorded");
    LOCKED(int, (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags),
           if (!done && at) record(RENAME, at, target, 0, "", 0));
}
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int dir, const char *name, int flags) {
    char path[PATH_SIZE];
    const char *at = resolve(dir, name, path);
    LOCKED(int, NEXT(unlinkat)(dir, name, flags), if (!done && at) record(REMOVE, at, "", 0, "", 0));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int dir, const char *name, mode_t mode) {
    char path[PATH_SIZE];
    const char *at = resolve(dir, name, path);
    LOCKED(int, NEXT(mkdirat)(dir, name, mode), if (!done && at) record(MKDIR, at, "", 0, "", 0));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Making durable, or not. */

static int sync_any(int fd, int (*sync)(int)) {
    char path[PATH_SIZE];
    const char *at = path_of(fd, path);
    LOCKED(int, sync(fd), if (!done && at) record(SYNC, at, "", 0, "", 0));
}
int fsync(int fd) { return sync_any(fd, NEXT(fsync)); }
int fdatasync(int fd) { return sync_any(fd, NEXT(fdatasync)); }

int sync_file_range(int fd, off64_t from, off64_t len, unsigned flags) {
    char path[PATH_SIZE];
    const char *at = path_of(fd, path);
    LOCKED(int, NEXT(sync_file_range)(fd, from, len, flags),
           if (!done && at) give_up("sync_file_range was called, which makes nothing durable"));
}

/* What nobody here does; if somebody begins to, the model has to learn it first. */

static void refuse(int fd, const char *why) {
    char path[PATH_SIZE];
    if (path_of(fd, path)) give_up(why);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset) {
    if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) refuse(fd, "a file is mapped to be written");
    return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}
void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset) {
    return mmap64(at, len, protection, flags, fd, offset);
}
int fallocate64(int fd, int mode, off64_t from, off64_t len) {
    refuse(fd, "fallocate isn't recorded");
    return NEXT(fallocate64)(fd, mode, from, len);
}
int fallocate(int fd, int mode, off_t from, off_t len) { return fallocate64(fd, mode, from, len); }
int posix_fallocate64(int fd, off64_t from, off64_t len) {
    refuse(fd, "posix_fallocate isn't recorded");
    return NEXT(posix_fallocate64)(fd, from, len);
}
int posix_fallocate(int fd, off_t from, off_t len) { return posix_fallocate64(fd, from, len); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags) {
    refuse(to, "copy_file_range isn't recorded");
    return NEXT(copy_file_range)(from, from_at, to, to_at, len, flags);
}
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    char path[PATH_SIZE];
    if (resolve(to_dir, to, path)) give_up("links aren't recorded");
    return NEXT(linkat)(from_dir, from, to_dir, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int symlinkat(const char *from, int to_dir, const char *to) {
    char path[PATH_SIZE];
    if (resolve(to_dir, to, path)) give_up("links aren't recorded");
    return NEXT(symlinkat)(from, to_dir, to);
}
int symlink(const char *from, const char *to) { return symlinkat(from, AT_FDCWD, to); }
