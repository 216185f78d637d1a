/* What makes a count of instructions repeatable; LD_PRELOADed into the responder that is measured.
 *
 * The event loop goes round only when the driver says so, which it does once everything that is to
 * be read has come; timers never fire; every look at the clock finds it 20 µs later. So what one
 * turn finds ready, in how many pieces an answer of the database comes and which bucket of a
 * histogram it falls into no longer depend on how busy the machine is.
 *
 * GATE is the number of a socket to the driver, which sends a letter and gets one back:
 *
 *   g  one turn                      w  back at the gate   i  nothing was ready: no turn was made
 *   z  forget what was counted       z
 *   d  write down what was counted   d
 *
 * What happens in here is left out of the count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

static int gate = -1;
static long long now = 1000000000000;
static int (*true_epoll_wait)(int, struct epoll_event *, int, int);
static int (*true_clock_gettime)(clockid_t, struct timespec *);
static int (*true_timerfd_settime)(int, int, const struct itimerspec *, struct itimerspec *);

__attribute__((constructor)) static void prepare(void) {
  const char *number = getenv("GATE");
  if (number) gate = atoi(number);
  true_epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
  true_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  true_timerfd_settime = dlsym(RTLD_NEXT, "timerfd_settime");
}

static char hear(void) {
  char letter;
  if (read(gate, &letter, 1) != 1) _exit(99); /* the driver is gone */
  return letter;
}

static void say(char letter) {
  if (write(gate, &letter, 1) != 1) _exit(99);
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
  static int is_counting = 0;
  if (gate < 0) return true_epoll_wait(epoll, events, room, timeout);
  if (!is_counting) CALLGRIND_START_INSTRUMENTATION; /* starting up would be slow */
  is_counting = 1;
  say('w');
  for (;;) {
    char letter = hear();
    if (letter == 'g') {
      int count = true_epoll_wait(epoll, events, room, 0);
      if (count > 0) return count;
      letter = 'i';
    } else if (letter == 'z') {
      CALLGRIND_ZERO_STATS;
    } else if (letter == 'd') {
      CALLGRIND_DUMP_STATS;
    }
    say(letter);
  }
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (gate < 0 || clock != CLOCK_MONOTONIC) return true_clock_gettime(clock, time);
  now += 20000;
  time->tv_sec = now / 1000000000;
  time->tv_nsec = now % 1000000000;
  return 0;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *to, struct itimerspec *before) {
  return gate < 0 ? true_timerfd_settime(timer, flags, to, before) : 0;
}
