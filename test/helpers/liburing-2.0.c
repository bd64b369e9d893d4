/* liburing with no more than the functions of version 2.0: what newer ones add is not there to be found. */
#include <dlfcn.h>

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

FORWARD(int, io_uring_queue_init_params, (unsigned entries, void *ring, void *params), (entries, ring, params))
FORWARD(void, io_uring_queue_exit, (void *ring), (ring))
FORWARD(int, io_uring_submit, (void *ring), (ring))
FORWARD(int, io_uring_submit_and_wait, (void *ring, unsigned count), (ring, count))
FORWARD(int, io_uring_register_eventfd, (void *ring, int fd), (ring, fd))
FORWARD(int, io_uring_register_files, (void *ring, const int *files, unsigned count), (ring, files, count))
FORWARD(int, io_uring_register_buffers, (void *ring, const void *vectors, unsigned count), (ring, vectors, count))
