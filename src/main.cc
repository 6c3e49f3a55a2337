#include "stagecache/cli/main.h"
#include "stagecache/daemon/daemon.h"

int main(int argc, char** argv) {
  return stagecache::cli::run(argc, argv, stagecache::daemon::serve);
}
