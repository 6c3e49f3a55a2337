/* Downloads one URL over and over on keep-alive connections and lets the kernel throw the
 * bytes away (recv with MSG_TRUNC), so that what is measured is the server.
 *
 *     discard_client PORT PATH CONNECTIONS SECONDS [THREADS]
 *
 * Prints "BYTES SECONDS ERRORS", body bytes of 127.0.0.1's answers only. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 64, MAX_EVENTS = 256, HEAD_BYTES = 8192, DISCARD_BYTES = 2 << 20, ROUNDS_A_TURN = 2 };

struct connection {
  int socket;
  char head[HEAD_BYTES];
  size_t head_used;
  uint64_t body_left; /* 0 while a head is awaited */
};

static char request[4096];
static int port, connections, threads = 2;
static double seconds;
static atomic_ullong total_bytes, total_errors;
static pthread_barrier_t all_connected;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ask(struct connection* c) {
  c->head_used = 0;
  c->body_left = 0;
  const ssize_t length = (ssize_t)strlen(request);
  return send(c->socket, request, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -1;
}

static int open_connection(struct connection* c, int poll) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  c->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->socket, (struct sockaddr*)&to, sizeof to) != 0) return -1;
  fcntl(c->socket, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  return epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &event);
}

/* Reads on in the head; body bytes that came with it are counted. -1: not a 200 with a length. */
static int read_head(struct connection* c, uint64_t* bytes) {
  const ssize_t got = recv(c->socket, c->head + c->head_used, HEAD_BYTES - 1 - c->head_used, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 1;
  if (got <= 0) return -1;
  c->head_used += (size_t)got;
  c->head[c->head_used] = 0;
  const char* end = strstr(c->head, "\r\n\r\n");
  if (!end) return c->head_used < HEAD_BYTES - 1 ? 0 : -1;
  const char* length = strcasestr(c->head, "\r\nContent-Length:");
  if (strncmp(c->head + 8, " 200", 4) != 0 || !length || length > end) return -1;
  const uint64_t early = c->head_used - (size_t)(end + 4 - c->head);
  c->body_left = strtoull(length + 17, NULL, 10) - early;
  *bytes += early;
  return c->body_left ? 0 : ask(c);
}

static int read_body(struct connection* c, uint64_t* bytes) {
  const size_t want = c->body_left < DISCARD_BYTES ? (size_t)c->body_left : DISCARD_BYTES;
  const ssize_t got = recv(c->socket, NULL, want, MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 1;
  if (got <= 0) return -1;
  *bytes += (uint64_t)got;
  c->body_left -= (uint64_t)got;
  return c->body_left ? 0 : ask(c);
}

/* A few reads, then the next connection: none may starve the others. */
static int take_turn(struct connection* c, uint64_t* bytes) {
  for (int i = 0; i < ROUNDS_A_TURN; ++i) {
    const int result = c->body_left ? read_body(c, bytes) : read_head(c, bytes);
    if (result != 0) return result;
  }
  return 0;
}

static void* run(void* argument) {
  const int index = (int)(intptr_t)argument;
  const int mine = connections / threads + (index < connections % threads);
  struct connection* all = calloc((size_t)mine + 1, sizeof *all);
  const int poll = epoll_create1(0);
  uint64_t bytes = 0, errors = 0;
  for (int i = 0; i < mine; ++i)
    if (open_connection(&all[i], poll) != 0) ++errors;
  pthread_barrier_wait(&all_connected);
  for (int i = 0; i < mine; ++i)
    if (ask(&all[i]) != 0) ++errors;
  const double end = now() + seconds;
  struct epoll_event events[MAX_EVENTS];
  while (mine && now() < end) {
    const int ready = epoll_wait(poll, events, MAX_EVENTS, 50);
    for (int i = 0; i < ready; ++i) {
      struct connection* c = events[i].data.ptr;
      if (take_turn(c, &bytes) >= 0) continue;
      ++errors;
      close(c->socket);
    }
  }
  atomic_fetch_add(&total_bytes, bytes);
  atomic_fetch_add(&total_errors, errors);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: %s PORT PATH CONNECTIONS SECONDS [THREADS]\n", argv[0]);
    return 2;
  }
  port = atoi(argv[1]);
  connections = atoi(argv[3]);
  seconds = atof(argv[4]);
  if (argc > 5) threads = atoi(argv[5]);
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", argv[2], port);
  pthread_t workers[MAX_THREADS];
  if (threads < 1 || threads > MAX_THREADS) return 2;
  pthread_barrier_init(&all_connected, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; ++i) pthread_create(&workers[i], NULL, run, (void*)(intptr_t)i);
  pthread_barrier_wait(&all_connected);
  const double began = now();
  for (int i = 0; i < threads; ++i) pthread_join(workers[i], NULL);
  printf("%llu %.4f %llu\n", (unsigned long long)total_bytes, now() - began,
         (unsigned long long)total_errors);
  return 0;
}
