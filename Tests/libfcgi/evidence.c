/* What Debian's libfcgi does with peers that are no web server: the evidence behind docs/libfcgi.md.
 *
 * Each finding is played by a child process that uses the library the way its manual shows, and a
 * parent that is its peer. A line says what happened; exit status 0: all as docs/libfcgi.md says. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BEGIN = 1, PARAMS = 4, STDIN = 5, GET_VALUES = 9 };

static int differences;
static char path[108];

static void told(int as_documented, const char *finding, const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (!as_documented) differences++;
  printf("%s: %s%s\n", finding, text, as_documented ? "" : " (NOT as docs/libfcgi.md says)");
  fflush(stdout);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* libfcgi calls it through the symbol table: ours counts. */
static long writes;
ssize_t write(int descriptor, const void *bytes, size_t count) {
  writes++;
  return syscall(SYS_write, descriptor, bytes, count);
}

/* --- records --------------------------------------------------------------------------------- */

struct bytes {
  unsigned char at[200000];
  size_t count;
};

static void add(struct bytes *to, const void *from, size_t count) {
  memcpy(to->at + to->count, from, count);
  to->count += count;
}

static void record(struct bytes *to, int kind, int id, const void *content, size_t count) {
  unsigned char head[8] = {1, (unsigned char)kind, 0, (unsigned char)id, (unsigned char)(count >> 8),
                           (unsigned char)count, 0, 0};
  add(to, head, 8);
  if (count) add(to, content, count);
}

static void begin(struct bytes *to, int keep) {
  unsigned char body[8] = {0, 1, (unsigned char)keep};
  record(to, BEGIN, 1, body, 8);
}

static void pair(struct bytes *to, const char *name, const char *value) {
  unsigned char lengths[2] = {(unsigned char)strlen(name), (unsigned char)strlen(value)};
  add(to, lengths, 2);
  add(to, name, strlen(name));
  add(to, value, strlen(value));
}

/* A whole request for `target`, whose body is `body`. */
static void request(struct bytes *to, const char *target, const struct bytes *body) {
  static struct bytes pairs;
  pairs.count = 0;
  pair(&pairs, "REQUEST_URI", target);
  begin(to, 1);
  record(to, PARAMS, 1, pairs.at, pairs.count);
  record(to, PARAMS, 1, NULL, 0);
  if (body) record(to, STDIN, 1, body->at, body->count);
  record(to, STDIN, 1, NULL, 0);
}

/* --- the two sides --------------------------------------------------------------------------- */

static int connected(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int peer = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(peer, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("connect");
    exit(70);
  }
  return peer;
}

static void send_all(int peer, const struct bytes *bytes) {
  for (size_t sent = 0; sent < bytes->count;) {
    ssize_t count = send(peer, bytes->at + sent, bytes->count - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += (size_t)count;
  }
}

/* What comes within `seconds`, or up to the end of the stream. */
static size_t receive(int peer, double seconds, char *into, size_t room) {
  size_t total = 0;
  double end = now() + seconds;
  while (total + 1 < room) {
    struct pollfd entry = {.fd = peer, .events = POLLIN};
    int left = (int)((end - now()) * 1000);
    if (left <= 0 || poll(&entry, 1, left) <= 0) break;
    ssize_t count = recv(peer, into + total, room - 1 - total, 0);
    if (count <= 0) break;
    total += (size_t)count;
    if (memmem(into, total, "\1\3\0\1\0\10", 6)) break; /* END_REQUEST */
  }
  into[total] = 0;
  return total;
}

static const char *target_of(FCGX_Request *request) {
  const char *target = FCGX_GetParam("REQUEST_URI", request->envp);
  return target ? target : "none";
}

/* The manual's loop: it answers with the target, and never reads a body. */
static void serve(int listener) {
  FCGX_Request request;
  FCGX_InitRequest(&request, listener, 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_FPrintF(request.out, "Status: 200\r\n\r\nserved %s.", target_of(&request));
    if (!strcmp(target_of(&request), "/long")) {
      static char line[100001];
      memset(line, 'x', 100000);
      FCGX_PutStr(line, 100000, request.out);
      FCGX_FFlush(request.out);
      long counted = writes;
      FCGX_FPrintF(request.out, " writes %ld", counted);
    }
  }
}

/* A child that serves on `path`. */
static pid_t child(int listener) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    freopen("/dev/null", "w", stderr); /* "stack smashing detected" */
    alarm(60);
    FCGX_Init();
    serve(listener);
    _exit(0);
  }
  return pid;
}

/* How a child ended: the signal; 0: it still serves, and is ended now. */
static int ended(pid_t pid) {
  int status = 0;
  for (int tries = 0; tries < 100; tries++) {
    if (waitpid(pid, &status, WNOHANG) == pid) return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    usleep(10000);
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return 0;
}

/* --- the findings ---------------------------------------------------------------------------- */

static void get_values(int listener) {
  static struct bytes names, all;
  for (int index = 0; index < 40; index++) pair(&names, "FCGI_MPXS_CONNS", "");
  record(&all, GET_VALUES, 0, names.at, names.count);
  begin(&all, 0); /* it looks for the end of a record behind it */
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  close(peer); /* it goes on to the next record before it looks at its stack */
  int signal = ended(pid);
  told(signal == SIGABRT, "GET_VALUES", "a name 40 times in one record: the process ended by %s",
       signal ? strsignal(signal) : "nothing");
}

static void lengths(int listener) {
  static struct bytes all;
  unsigned char huge[14] = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe, 'N', 'A', 'M', 'E'};
  begin(&all, 0);
  record(&all, PARAMS, 1, huge, sizeof huge);
  record(&all, PARAMS, 1, NULL, 0);
  record(&all, STDIN, 1, NULL, 0);
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  int signal = ended(pid);
  close(peer);
  told(signal != 0, "lengths", "a name and a value of 2147483646 bytes each: the process ended by %s",
       signal ? strsignal(signal) : "nothing");
}

static void cut(int listener) {
  static struct bytes pairs, all;
  static char answer[4096];
  pair(&pairs, "REQUEST_URI", "/half");
  begin(&all, 0);
  record(&all, PARAMS, 1, pairs.at, pairs.count);
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  shutdown(peer, SHUT_WR);
  size_t count = receive(peer, 3, answer, sizeof answer);
  close(peer);
  ended(pid);
  told(memmem(answer, count, "served /half.", 13) != NULL, "cut",
       "parameters without their end: FCGX_Accept_r %s", count ? "succeeded, and it was served" : "refused them");
}

static void smuggled(int listener) {
  static struct bytes body, hidden, all;
  static char answer[8192];
  request(&hidden, "/hidden", NULL);
  static struct bytes head;
  /* The first 8192 bytes are in the library's buffer, and go with it; what follows is read next. */
  request(&head, "/open", NULL);
  size_t before = head.count; /* its empty STDIN is as long as the head of one with content */
  body.count = 8192 - before;
  memset(body.at, 'x', body.count);
  add(&body, hidden.at, hidden.count);
  request(&all, "/open", &body);
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  size_t count = receive(peer, 2, answer, sizeof answer);
  count += receive(peer, 2, answer + count, sizeof answer - count);
  close(peer);
  ended(pid);
  told(memmem(answer, count, "served /hidden.", 15) != NULL, "smuggled",
       "a body that was not read, on a kept connection: its 9th kilobyte %s",
       memmem(answer, count, "served /hidden.", 15) ? "was served as a request" : "was not served");
}

static void pipelined(int listener) {
  static struct bytes all;
  static char answer[8192];
  request(&all, "/first", NULL);
  request(&all, "/second", NULL);
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  size_t count = receive(peer, 2, answer, sizeof answer);
  size_t second = receive(peer, 2, answer + count, sizeof answer - count);
  close(peer);
  ended(pid);
  told(second == 0, "pipelined", "two requests in one segment: the second %s",
       second ? "was served" : "went with the buffer of the first, and was never answered");
}

/* Seconds until a peer is served that comes after one that sent `count` bytes of `bytes`. */
static double behind(int listener, const void *bytes, size_t count) {
  static char answer[4096];
  struct bytes *all = calloc(1, sizeof *all);
  request(all, "/patient", NULL);
  pid_t pid = child(listener);
  int first = connected();
  if (count) send(first, bytes, count, MSG_NOSIGNAL);
  usleep(100000);
  double start = now();
  int second = connected();
  send_all(second, all);
  receive(second, 5, answer, sizeof answer);
  double taken = now() - start;
  close(first);
  close(second);
  ended(pid);
  free(all);
  return taken;
}

static void slow(int listener) {
  double silent = behind(listener, NULL, 0);
  told(silent > 1.5 && silent < 3, "silent", "a peer says nothing: the next one waited %.1f s", silent);
  double slow = behind(listener, "\1", 1);
  told(slow > 4.5, "slow", "a peer sends one byte: the next one waited %.1f s and had no answer", slow);
  double refused = behind(listener, "\2\1\0\1\0\0\0\0", 8);
  told(refused > 1.5 && refused < 3, "refused", "a record of version 2 is refused: the next peer waited %.1f s for the close", refused);
}

static void long_answer(int listener) {
  static struct bytes all;
  static char answer[200000];
  request(&all, "/long", NULL);
  pid_t pid = child(listener);
  int peer = connected();
  send_all(peer, &all);
  size_t count = receive(peer, 3, answer, sizeof answer);
  char *found = memmem(answer, count, "writes ", 7);
  long counted = found ? strtol(found + 7, NULL, 10) : 0;
  close(peer);
  ended(pid);
  told(counted >= 12, "writes", "an answer of 100000 bytes took %ld calls of write(2)", counted);
}

/* select(2) would write beyond its set. */
static void high_descriptor(int listener) {
  static struct bytes all;
  static char answer[4096];
  request(&all, "/high", NULL);
  fflush(stdout);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) exit(70);
  pid_t pid = fork();
  if (pid == 0) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    FCGX_Init();
    FCGX_Request request;
    FCGX_InitRequest(&request, listener, 0);
    request.ipcFd = dup2(pair[1], 3000);
    request.keepConnection = 1;
    close(pair[0]);
    if (request.ipcFd == 3000 && FCGX_Accept_r(&request) == 0) {
      FCGX_FPrintF(request.out, "served %s.", target_of(&request));
      FCGX_Finish_r(&request);
    }
    _exit(0);
  }
  close(pair[1]);
  send_all(pair[0], &all);
  size_t count = receive(pair[0], 3, answer, sizeof answer);
  int signal = ended(pid);
  close(pair[0]);
  told(count > 0 && signal == 0, "descriptor", "a request on descriptor 3000 %s",
       count > 0 ? "was served: it reads with read(2), and waits with poll(2)" : "was not served");
}

static void signals(void) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    FCGX_Init();
    int taken = 0;
    for (int index = 0; index < 3; index++) {
      struct sigaction action;
      sigaction((int[]){SIGPIPE, SIGUSR1, SIGTERM}[index], NULL, &action);
      if (action.sa_handler != SIG_DFL) taken++;
    }
    _exit(taken);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  told(WEXITSTATUS(status) == 3, "signals", "FCGX_Init took %d of SIGPIPE, SIGUSR1, SIGTERM", WEXITSTATUS(status));
}

static void open_socket(void) {
  char file[108];
  snprintf(file, sizeof file, "%s.precious", path);
  FILE *precious = fopen(file, "w");
  if (!precious) exit(73);
  fputs("precious", precious);
  fclose(precious);
  int listener = FCGX_OpenSocket(file, 1);
  struct stat status;
  int is_socket = stat(file, &status) == 0 && S_ISSOCK(status.st_mode);
  told(is_socket, "open", "FCGX_OpenSocket on the path of a file: the file %s", is_socket ? "was deleted" : "stayed");
  close(listener);
  unlink(file);
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "evidence DIRECTORY\n");
    return 64;
  }
  snprintf(path, sizeof path, "%s/libfcgi-%d", arguments[1], (int)getpid());
  signal(SIGPIPE, SIG_IGN);
  int listener = FCGX_OpenSocket(path, 100);
  get_values(listener);
  lengths(listener);
  cut(listener);
  smuggled(listener);
  pipelined(listener);
  slow(listener);
  long_answer(listener);
  high_descriptor(listener);
  signals();
  open_socket();
  unlink(path);
  return differences ? 1 : 0;
}
