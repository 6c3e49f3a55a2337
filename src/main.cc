#include "stagecache/cli/main.h"

int main(int argc, char** argv) { return stagecache::cli::run(argc, argv); }
