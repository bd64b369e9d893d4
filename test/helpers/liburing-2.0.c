/* liburing with no more than the functions of version 2.0: what newer ones add is not there to be found. With
   FAILS_IN_THREADS=N every submit but the first N of all threads other than the main one is refused with
   EBADF; with NO_RINGS_IN_THREADS they get no ring at all. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *find(const char *name) {
  static void *library;
  if (!library) library = dlopen("liburing.so.2", RTLD_NOW | RTLD_LOCAL);
  return dlsym(library, name);
}

#define FORWARD(result, name, parameters, arguments) \
  result name parameters {                           \
    result(*call) parameters = find(#name);          \
    return call arguments;                           \
  }

int io_uring_queue_init_params(unsigned entries, void *ring, void *params) {
  int (*call)(unsigned, void *, void *) = find("io_uring_queue_init_params");
  if (getenv("NO_RINGS_IN_THREADS") && syscall(SYS_gettid) != getpid()) return -ENOMEM;
  return call(entries, ring, params);
}

FORWARD(void, io_uring_queue_exit, (void *ring), (ring))

static int fails(void) {
  static int submits;
  const char *spared = getenv("FAILS_IN_THREADS");
  if (!spared || syscall(SYS_gettid) == getpid()) return 0;
  return __atomic_add_fetch(&submits, 1, __ATOMIC_SEQ_CST) > atoi(spared);
}

int io_uring_submit(void *ring) {
  int (*call)(void *) = find("io_uring_submit");
  return fails() ? -EBADF : call(ring);
}

int io_uring_submit_and_wait(void *ring, unsigned count) {
  int (*call)(void *, unsigned) = find("io_uring_submit_and_wait");
  return fails() ? -EBADF : call(ring, count);
}

FORWARD(int, io_uring_register_eventfd, (void *ring, int fd), (ring, fd))
FORWARD(int, io_uring_register_files, (void *ring, const int *files, unsigned count), (ring, files, count))
FORWARD(int, io_uring_register_buffers, (void *ring, const void *vectors, unsigned count), (ring, vectors, count))
