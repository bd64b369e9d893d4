/* A file system whose files misbehave, each as its name says; see engine-faults.test.ts. Byte AT of file number N is
   AT % 251 + N, and each has 100,000 bytes. Usage: fuse-faults -f MOUNTPOINT */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LENGTH = 100000, BAD_FROM = 50000 };

static const char *const names[] = {"third", "eintr", "eagain", "eio", "small", "large", "zero", "stuck", "slow"};
enum { THIRD, EINTR_, EAGAIN_, EIO_, SMALL, LARGE, ZERO, STUCK, SLOW, COUNT };

static int number(const char *path) {
  for (int i = 0; i < COUNT; i++)
    if (!strcmp(path + 1, names[i])) return i;
  return -1;
}

static int get_attributes(const char *path, struct stat *stat, struct fuse_file_info *info) {
  (void)info;
  int file = number(path);
  memset(stat, 0, sizeof *stat);
  stat->st_nlink = 1;
  stat->st_mode = strcmp(path, "/") ? S_IFREG | 0444 : S_IFDIR | 0555;
  stat->st_size = file == SMALL ? 10 : file == LARGE ? 2 * LENGTH : file == ZERO ? 0 : LENGTH;
  return strcmp(path, "/") && file < 0 ? -ENOENT : 0;
}

static int open_file(const char *path, struct fuse_file_info *info) {
  /* Past the page cache: each read comes here as it was asked, and a short answer is one. */
  info->direct_io = 1;
  if (number(path) == SLOW) usleep(300000);
  return 0;
}

static int read_file(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  static unsigned reads;
  int file = number(path);
  unsigned read = __atomic_add_fetch(&reads, 1, __ATOMIC_SEQ_CST);
  if (file == STUCK)
    for (;;) pause();
  if (file == EINTR_ && read % 3) return -EINTR;
  if (file == EAGAIN_ && read % 3) return -EAGAIN;
  if (file == EIO_ && offset >= BAD_FROM) return -EIO;
  off_t end = file == EIO_ ? BAD_FROM : LENGTH;
  if (offset >= end) return 0;
  if ((off_t)size > end - offset) size = end - offset;
  if (file == THIRD) size = (size + 2) / 3;
  for (size_t i = 0; i < size; i++) bytes[i] = (offset + i) % 251 + file;
  return size;
}

int main(int argc, char **argv) {
  const struct fuse_operations operations = {.getattr = get_attributes, .open = open_file, .read = read_file};
  /* Ends with whoever asked for it, at the latest: a read that waits for us can't be killed otherwise. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(120);
  return fuse_main(argc, argv, &operations, NULL);
}
