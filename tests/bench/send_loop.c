/* The limit that a server can be held against: a thread a connection, blocking sends of the
 * same bytes from memory, nothing else.
 *
 *     send_loop BYTES      prints its port of 127.0.0.1 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BYTES = 1 << 20 };

static char* body;
static size_t body_bytes;

static int send_all(int socket, const char* from, size_t count) {
  while (count) {
    const size_t step = count < SEND_BYTES ? count : SEND_BYTES;
    const ssize_t sent = send(socket, from, step, MSG_NOSIGNAL);
    if (sent <= 0) return -1;
    from += sent;
    count -= (size_t)sent;
  }
  return 0;
}

/* Any request is answered alike; the end of its head is all that is looked for. */
static void* serve(void* argument) {
  const int socket = (int)(intptr_t)argument;
  char text[4096], head[256];
  size_t used = 0;
  const int length =
      snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body_bytes);
  for (;;) {
    const ssize_t got = recv(socket, text + used, sizeof text - 1 - used, 0);
    if (got <= 0) break;
    used += (size_t)got;
    text[used] = 0;
    if (!strstr(text, "\r\n\r\n")) continue;
    used = 0;
    if (send_all(socket, head, (size_t)length) || send_all(socket, body, body_bytes)) break;
  }
  close(socket);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s BYTES\n", argv[0]);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  body_bytes = strtoull(argv[1], NULL, 10);
  body = malloc(body_bytes);
  for (size_t i = 0; i < body_bytes; ++i) body[i] = (char)(i * 2654435761u >> 13);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET};
  inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
  socklen_t size = sizeof at;
  if (bind(listener, (struct sockaddr*)&at, sizeof at) || listen(listener, 1024)) return 1;
  getsockname(listener, (struct sockaddr*)&at, &size);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    pthread_t thread;
    pthread_create(&thread, NULL, serve, (void*)(intptr_t)client);
    pthread_detach(thread);
  }
}
