/* Loaded by LD_PRELOAD: of the calls that make, fill, link or rename files below FAULT_DIR the one of number FAULT_AT fails
   with FAULT_ERRNO; 0: a write takes one byte. At its end the process writes to FAULT_COUNT how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int points;

static int setting(const char *name) {
  const char *text = getenv(name);
  return text ? atoi(text) : -1;
}

static int below(int fd) {
  char link[64], target[4096];
  const char *directory = getenv("FAULT_DIR");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0 || !directory) return 0;
  target[length] = 0;
  return !strncmp(target, directory, strlen(directory));
}

static int names(int fd, const char *path) {
  const char *directory = getenv("FAULT_DIR");
  if (path[0] == '/') return directory && !strncmp(path, directory, strlen(directory));
  return fd >= 0 && below(fd);
}

/* Whether this point fails; errno is set then. */
static int fails(int concerned) {
  if (!concerned || __atomic_add_fetch(&points, 1, __ATOMIC_SEQ_CST) != setting("FAULT_AT")) return 0;
  errno = setting("FAULT_ERRNO");
  return 1;
}

#define NEXT(name) dlsym(RTLD_NEXT, name)

#define WRITES(name, parameters, arguments, shorter)   \
  ssize_t name parameters {                            \
    ssize_t(*call) parameters = NEXT(#name);           \
    if (!fails(below(fd))) return call arguments;      \
    return errno ? -1 : call shorter;                  \
  }

WRITES(write, (int fd, const void *bytes, size_t size), (fd, bytes, size), (fd, bytes, size ? 1 : 0))
WRITES(pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at), (fd, bytes, size ? 1 : 0, at))
WRITES(pwrite64, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at), (fd, bytes, size ? 1 : 0, at))
WRITES(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), (fd, parts, count))

#define CALLS(name, parameters, arguments, concerned)  \
  int name parameters {                                \
    int(*call) parameters = NEXT(#name);               \
    if (fails(concerned) && errno) return -1;          \
    return call arguments;                             \
  }

CALLS(linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), names(b, to))
CALLS(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), names(b, to))
CALLS(renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags), names(b, to))
CALLS(rename, (const char *from, const char *to), (from, to), names(-1, to))
CALLS(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), names(fd, path))
CALLS(mkdir, (const char *path, mode_t mode), (path, mode), names(-1, path))
CALLS(ftruncate64, (int fd, off_t length), (fd, length), below(fd))

#define OPENS(name)                                                                 \
  int name(int fd, const char *path, int flags, ...) {                              \
    int (*call)(int, const char *, int, ...) = NEXT(#name);                         \
    va_list list;                                                                   \
    va_start(list, flags);                                                          \
    mode_t mode = va_arg(list, mode_t);                                             \
    va_end(list);                                                                   \
    int makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;              \
    if (fails(makes && (names(fd, path) || below(fd))) && errno) return -1;         \
    return call(fd, path, flags, mode);                                             \
  }

OPENS(openat)
OPENS(openat64)

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("FAULT_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%d", points);
  fclose(file);
}
