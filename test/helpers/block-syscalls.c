/* Runs a command under which the given system calls fail: block-syscalls EPERM|ENOSYS 425 426 427 -- command...
   Plain seccomp needs no library but the kernel's headers. Numbers from 424 on are the same on every architecture. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sock_filter code[64] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  unsigned short length = 1;
  int known = argc > 1 && (!strcmp(argv[1], "EPERM") || !strcmp(argv[1], "ENOSYS"));
  unsigned error = known && !strcmp(argv[1], "EPERM") ? EPERM : ENOSYS;
  int i = 2;
  for (; i < argc && strcmp(argv[i], "--") && length < 60; i++) {
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(argv[i]), 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  if (!known || i == 2 || i + 1 >= argc || strcmp(argv[i], "--")) {
    fputs("usage: block-syscalls EPERM|ENOSYS NUMBER... -- COMMAND...\n", stderr);
    return 125;
  }
  struct sock_fprog program = {length, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("block-syscalls: seccomp");
    return 125;
  }
  execvp(argv[i + 1], argv + i + 1);
  perror(argv[i + 1]);
  return 127;
}
