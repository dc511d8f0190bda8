/**
 * The C library: every symbol Ingot calls, in one table, opened on first use.
 *
 * Source: glibc on Linux x86_64 and aarch64 (both little-endian, LP64, same constants for everything used here).
 * Shape: `libc()` gives the functions; all are synchronous, so errno (errno.ts) may be read right after a call.
 * An `int` result stands in for `ssize_t`: no call here can return 2^31 or more. A `size_t` argument is a BigInt, and
 * must be: Deno would take a number too, at five times the cost, because it then leaves its fast call path.
 * Not here: libpcap (pcap_library.ts).
 *
 * @module
 */

const SYMBOLS = {
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "pointer" },

  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg): variadic in C, where both architectures pass an int like a declared parameter
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout, const sigset_t *sigmask)
  ppoll: { parameters: ["buffer", "usize", "buffer", "pointer"], result: "i32" },
  // int setpriority(int which, id_t who, int prio)
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  // int getpriority(int which, id_t who)
  getpriority: { parameters: ["i32", "u32"], result: "i32" },
  // long syscall(long number, pid_t pid, struct sched_attr *attr, unsigned int flags): sched_setattr(2), which glibc
  // names since 2.41 only; the numbers are 64 bits wide because each fills a register
  syscall: { parameters: ["i64", "i64", "buffer", "i64"], result: "i64" },
  // int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
  sched_setscheduler: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  // void *memcpy(void *dest, const void *src, size_t n): src is an address that another call has stored in a buffer
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "void" },

  // int socket(int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int bind(int fd, const struct sockaddr *addr, socklen_t len)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int connect(int fd, const struct sockaddr *addr, socklen_t len)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen(int fd, int backlog)
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  // int shutdown(int fd, int how)
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  // int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen)
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "i32" },
  // ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },

  // int eventfd(unsigned int initval, int flags)
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // int timerfd_create(int clockid, int flags)
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  // int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
  timerfd_settime: { parameters: ["i32", "i32", "buffer", "pointer"], result: "i32" },

  // unsigned int if_nametoindex(const char *ifname)
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let opened: Libc | null = null;

/** The functions of the C library; needs `--allow-ffi`, and only from the first call on. */
export function libc(): Libc {
  return opened ??= Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}
