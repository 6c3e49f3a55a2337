#include "http/io_loop.h"

#include <pthread.h>

#include "http/connection.h"
#include "stagecache/base/check.h"

namespace stagecache::http {

IoLoop::IoLoop(std::string name, std::chrono::milliseconds tick)
    : name_(std::move(name)), tick_(tick), work_(context_.get_executor()) {}

IoLoop::~IoLoop() {
  CHECK(!thread_.joinable());
}

void IoLoop::start() {
  schedule_tick();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    context_.run();
  });
}

void IoLoop::join() {
  boost::asio::post(context_, [this] {
    timer_.cancel();
    work_.reset();
  });
  if (thread_.joinable()) thread_.join();
}

void IoLoop::add(std::shared_ptr<Connection> connection) {
  const Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void IoLoop::remove(const Connection& connection) {
  connections_.erase(&connection);
}

std::vector<std::shared_ptr<Connection>> IoLoop::connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  return all;
}

std::string_view IoLoop::http_date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != date_time_ || date_.empty()) {
    date_time_ = now;
    date_ = to_http_date(now);
  }
  return date_;
}

void IoLoop::schedule_tick() {
  timer_.expires_after(tick_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) on_tick();
  });
}

void IoLoop::on_tick() {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const auto& connection : connections()) connection->tick(now);
  if (work_) schedule_tick();
}

}  // namespace stagecache::http
