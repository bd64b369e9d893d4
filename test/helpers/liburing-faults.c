/* liburing in which one thing goes wrong, as fault_plan says. Counted are calls of the library, and completions of
   operations other than closes and cancellations; see torture.test.ts. FAULT=KIND,NUMBER,RESULT plans one from the start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NONE, CALL, OPERATION };
/* What an operation's result may be besides -errno. */
enum { ONE_BYTE = 1, HALF = 2, NOTHING = 0 };
/* What a completion may be besides one with a wrong result: it comes twice, is of no operation, or brings too much. */
enum { TWICE = 1001, NOBODYS = 1002, TOO_MUCH = 1003 };

static int kind, number, result;
static int calls, operations;
static unsigned seen; /* completions up to here were looked at */

void fault_plan(int new_kind, int new_number, int new_result) {
  kind = new_kind, number = new_number, result = new_result;
  calls = operations = 0;
  seen = 0;
}

__attribute__((constructor)) static void plan_first(void) {
  int k, n, r;
  const char *text = getenv("FAULT");
  if (text && sscanf(text, "%d,%d,%d", &k, &n, &r) == 3) fault_plan(k, n, r);
}

int fault_count(int of) { return of == CALL ? calls : operations; }

static void *find(const char *name) {
  static void *library;
  if (!library) library = dlopen("liburing.so.2", RTLD_NOW | RTLD_LOCAL);
  return dlsym(library, name);
}

static int fails(void) { return ++calls == number && kind == CALL; }

struct cqe {
  uint64_t user_data;
  int32_t res;
  uint32_t flags;
};

static void spoil(struct cqe *cqes, unsigned mask, unsigned at, unsigned *tail) {
  struct cqe *cqe = cqes + (at & mask);
  switch (result) {
    case TWICE:
      cqes[(*tail)++ & mask] = *cqe;
      break;
    case NOBODYS:
      cqe->user_data = 12345;
      break;
    case TOO_MUCH:
      cqe->res += 0x1000000;
      break;
    default:
      if (result < 0) cqe->res = result;
      else if (cqe->res > 1) cqe->res = result == HALF ? cqe->res / 2 : result == ONE_BYTE ? 1 : 0;
  }
}

/* The part of struct io_uring for completions begins at byte 104: head, tail, mask and cqes. */
static void look(char *ring) {
  unsigned *tail_word = *(unsigned **)(ring + 112), mask = **(unsigned **)(ring + 120);
  struct cqe *cqes = *(struct cqe **)(ring + 152);
  unsigned tail = __atomic_load_n(tail_word, __ATOMIC_ACQUIRE), before = tail;
  for (; seen != before; seen++) {
    if ((uint32_t)cqes[seen & mask].user_data >= 1u << 30) continue;
    if (++operations == number && kind == OPERATION) spoil(cqes, mask, seen, &tail);
  }
  seen = tail;
  if (tail != before) __atomic_store_n(tail_word, tail, __ATOMIC_RELEASE);
}

static int submit(const char *name, char *ring, unsigned *wait) {
  int (*call)() = find(name);
  uint32_t *head = (uint32_t *)(ring + 64), *tail = head + 1, all = *tail;
  int fault = fails(), taken;
  /* EINTR comes when all is handed over, as often as not. */
  if (fault && (result == -EAGAIN || result == -EBUSY || result == 0)) return result;
  if (fault && result < 0 && result != -EINTR) return result;
  if (fault && result > 0 && all - *head > 1) *tail = *head + 1;
  taken = wait ? call(ring, *wait) : call(ring);
  *tail = all;
  look(ring);
  return fault && result < 0 ? result : taken;
}

int io_uring_submit(char *ring) { return submit("io_uring_submit", ring, 0); }
int io_uring_submit_and_get_events(char *ring) { return submit("io_uring_submit_and_get_events", ring, 0); }
int io_uring_submit_and_wait(char *ring, unsigned count) { return submit("io_uring_submit_and_wait", ring, &count); }

#define FORWARD(name, parameters, arguments)  \
  int name parameters {                       \
    int(*call) parameters = find(#name);      \
    int fault = fails() && result < 0;        \
    return fault ? result : call arguments;   \
  }

FORWARD(io_uring_queue_init_params, (unsigned entries, void *ring, void *params), (entries, ring, params))
FORWARD(io_uring_register_eventfd, (void *ring, int fd), (ring, fd))
FORWARD(io_uring_register_files, (void *ring, const int *files, unsigned count), (ring, files, count))
FORWARD(io_uring_register_files_sparse, (void *ring, unsigned count), (ring, count))
FORWARD(io_uring_register_ring_fd, (void *ring), (ring))
FORWARD(io_uring_register_buffers, (void *ring, const void *vectors, unsigned count), (ring, vectors, count))

void io_uring_queue_exit(void *ring) {
  void (*call)(void *) = find("io_uring_queue_exit");
  call(ring);
}
