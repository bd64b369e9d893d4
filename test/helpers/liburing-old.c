/* liburing as version 2.MINOR has it (default 2.0): what newer ones add is not there to be found. Compiled with
   -DMINOR=2 or -DMINOR=6; what no name tells, as from 2.6 on that a ring has no array of indices, is done as there.
   With FAILS_IN_THREADS=N every submit but the first N of all threads other than the main one is refused with EBADF;
   with NO_RINGS_IN_THREADS they get no ring at all. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MINOR
#define MINOR 0
#endif

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

#if MINOR >= 6
/* liburing 2.6 asks for rings without an array of indices, and leaves its pointer NULL. The structures by their offsets:
   struct io_uring_params has flags at 8, sq_off at 40 and cq_off at 80. */
#define NO_SQARRAY (1u << 16)

static int make_ring(unsigned entries, void *ring, void *params) {
  unsigned *words = params, *sq_offsets = words + 10, *cq_offsets = words + 20;
  unsigned char *bytes = ring;
  int fd;

  words[2] |= NO_SQARRAY;
  fd = syscall(SYS_io_uring_setup, entries, params);
  if (fd < 0) return -errno;
  memset(ring, 0, 216);
  size_t rings_size = cq_offsets[5] + (size_t)words[1] * 16;
  unsigned char *rings = mmap(0, rings_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  void *sqes = mmap(0, (size_t)words[0] * 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0x10000000);
  if (rings == MAP_FAILED || sqes == MAP_FAILED) abort();

  /* khead ktail kring_mask kring_entries kflags kdropped; then khead ktail kring_mask kring_entries, flags, overflow */
  void **sq = ring, **cq = (void **)(bytes + 104);
  for (int at = 0; at < 6; at++) sq[at] = rings + sq_offsets[at];
  for (int at = 0; at < 4; at++) cq[at] = rings + cq_offsets[at];
  cq[4] = rings + cq_offsets[6];
  cq[5] = rings + cq_offsets[4];
  cq[6] = rings + cq_offsets[5];
  sq[7] = sqes;
  *(size_t *)(bytes + 72) = *(size_t *)(bytes + 160) = rings_size;
  *(void **)(bytes + 80) = *(void **)(bytes + 168) = rings;
  ((unsigned *)(bytes + 88))[0] = words[0] - 1;
  ((unsigned *)(bytes + 88))[1] = words[0];
  ((unsigned *)(bytes + 176))[0] = words[1] - 1;
  ((unsigned *)(bytes + 176))[1] = words[1];
  ((unsigned *)(bytes + 192))[0] = words[2];
  ((int *)(bytes + 192))[1] = fd;
  ((unsigned *)(bytes + 192))[2] = words[5];
  ((int *)(bytes + 192))[3] = fd;
  return 0;
}
#endif

int io_uring_queue_init_params(unsigned entries, void *ring, void *params) {
  int (*call)(unsigned, void *, void *) = find("io_uring_queue_init_params");
  if (getenv("NO_RINGS_IN_THREADS") && syscall(SYS_gettid) != getpid()) return -ENOMEM;
#if MINOR >= 6
  int made = make_ring(entries, ring, params);
  if (made != -EINVAL) return made;
  ((unsigned *)params)[2] &= ~NO_SQARRAY; /* before Linux 6.6 */
#endif
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

#if MINOR >= 2
FORWARD(int, io_uring_register_files_sparse, (void *ring, unsigned count), (ring, count))
FORWARD(int, io_uring_register_ring_fd, (void *ring), (ring))
#endif
#if MINOR >= 3
FORWARD(int, io_uring_submit_and_get_events, (void *ring), (ring))
#endif
