// Packs and rebuilds files from the command line, and says what it cost: what the figures of the
// packed form are measured with.
//
//     pack_tool pack IN OUT [--base PACKED_KEYFRAME]
//     pack_tool unpack PACKED OUT [--base PACKED_KEYFRAME] [--threads N]     (OUT may be /dev/null)
//     pack_tool info PACKED

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "pack/packed_file.h"
#include "stagecache/base/hasher.h"
#include "stagecache/pack/packer.h"
#include "stagecache/pack/reader.h"
#include "stagecache/pack/sketch.h"

namespace {

using namespace stagecache;

[[noreturn]] void die(const std::string& why) {
  fmt::print(stderr, "pack_tool: {}\n", why);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) die(fmt::format("{} ({})", result.error().message, to_string(result.error().code)));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class File final : public pack::Bytes {
 public:
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat about{};
    if (fd_ < 0 || ::fstat(fd_, &about) != 0) die("cannot open " + path);
    size_ = static_cast<std::uint64_t>(about.st_size);
  }
  ~File() override { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const auto got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
      if (got <= 0) return fail(ErrorCode::Corrupt, "cannot read on");
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

class Timer {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// Wall-clock time, and the processor's, which other work on the machine disturbs less.
  void say(const char* what, std::uint64_t bytes) const {
    const double megabytes = static_cast<double>(bytes) / 1e6;
    const double cpu = cpu_seconds() - cpu_start_;
    fmt::print("{:<8} {:7.2f} s {:8.1f} MB/s, CPU {:7.2f} s {:8.1f} MB/s\n", what, seconds(),
               megabytes / seconds(), cpu, megabytes / cpu);
  }

 private:
  static double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  }

  double cpu_start_ = cpu_seconds();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void say_peak() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak     {:7.1f} MiB\n", static_cast<double>(usage.ru_maxrss) / 1024);
}

std::shared_ptr<const pack::Reader> open_base(const std::map<std::string, std::string>& options) {
  if (!options.contains("--base")) return nullptr;
  return must(pack::Reader::open(std::make_shared<File>(options.at("--base")), nullptr));
}

void write_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    auto put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == ESPIPE) put = ::write(fd, bytes.data(), bytes.size());
    if (put <= 0) die("cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

int output(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) die("cannot write " + path);
  return fd;
}

void run_pack(const std::string& in, const std::string& out,
              const std::map<std::string, std::string>& options) {
  const File artifact(in);
  const Timer sketching;
  must(pack::sketch_of(artifact, [] { return Status{}; }));
  sketching.say("sketch", artifact.size());

  Hasher hasher(HashKind::Sha256);
  std::vector<std::byte> block(1 << 20);
  for (std::uint64_t at = 0; at < artifact.size(); at += block.size()) {
    const auto part =
        std::span(block).first(std::min<std::uint64_t>(block.size(), artifact.size() - at));
    must(artifact.read(at, part));
    hasher.update(part);
  }
  const int fd = output(out);
  std::uint64_t written = 0;
  const Timer packing;
  const auto packed = must(pack::pack(
      artifact,
      {.artifact = Sha256::from(hasher.digest()), .base = open_base(options), .checkpoint = {}},
      [&](std::span<const std::byte> bytes) -> Status {
        write_all(fd, bytes, written);
        written += bytes.size();
        return {};
      }));
  packing.say("pack", artifact.size());
  ::close(fd);
  fmt::print("{} -> {} bytes, {:.2f} %, {} segments\n", artifact.size(), packed.bytes,
             100.0 * static_cast<double>(packed.bytes) / static_cast<double>(artifact.size()),
             packed.segments);
  say_peak();
}

void run_unpack(const std::string& in, const std::string& out,
                const std::map<std::string, std::string>& options) {
  const auto reader = must(pack::Reader::open(std::make_shared<File>(in), open_base(options)));
  const int fd = output(out);
  const auto threads = options.contains("--threads") ? std::stoul(options.at("--threads")) : 1;
  const Timer timer;
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < threads; ++worker)
    workers.emplace_back([&] {
      for (std::size_t segment; (segment = next++) < reader->segments();)
        write_all(fd, must(reader->rebuild(segment)), reader->range_of(segment).begin);
    });
  for (auto& worker : workers) worker.join();
  timer.say("rebuild", reader->header().size);
  ::close(fd);
  say_peak();
}

void run_info(const std::string& in) {
  const auto file = must(pack::PackedFile::open(std::make_shared<File>(in)));
  const auto& header = file->header().shown;
  fmt::print("artifact {} {} bytes\nbase     {}\nsegments {}\n", header.artifact.hex(), header.size,
             header.base ? header.base->hex() : "none", file->index().size());
  const auto say = [&](std::string_view name, std::uint64_t size, std::uint64_t stored) {
    fmt::print("{:<10} {:12} -> {:12} {:6.2f} % of the artifact\n", name, size, stored,
               100.0 * static_cast<double>(stored) / static_cast<double>(header.size));
  };
  std::uint64_t size = 0;
  std::uint64_t stored = 0;
  for (const auto& entry : file->index()) {
    size += entry.plan.size;
    stored += entry.plan.stored;
  }
  say("plans", size, stored);
  for (std::size_t stream = 0; stream < pack::kStreams; ++stream) {
    size = stored = 0;
    for (const auto& entry : file->index()) {
      size += entry.streams[stream].size;
      stored += entry.streams[stream].stored;
    }
    say(pack::kStreamNames[stream], size, stored);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words;
  std::map<std::string, std::string> options;
  for (int at = 1; at < argc; ++at) {
    const std::string word = argv[at];
    if (word.starts_with("--") && at + 1 < argc) options[word] = argv[++at];
    else words.push_back(word);
  }
  if (words.size() == 3 && words[0] == "pack") return run_pack(words[1], words[2], options), 0;
  if (words.size() == 3 && words[0] == "unpack") return run_unpack(words[1], words[2], options), 0;
  if (words.size() == 2 && words[0] == "info") return run_info(words[1]), 0;
  fmt::print(
      stderr,
      "usage: pack_tool pack IN OUT [--base F] | unpack PACKED OUT [--base F] [--threads N] | "
      "info PACKED\n");
  return 2;
}
