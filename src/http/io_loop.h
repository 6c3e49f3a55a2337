#pragma once
//
// IoLoop is one I/O thread: an io_context and the connections that live on it.
// Once a tick it lets every connection look at its deadline: cheaper than a timer
// a connection, which the hit path would have to set with every write.
//
// Callbacks from other threads hold the loop by shared_ptr, so that a late one
// finds an io_context, if an idle one.
// Thread safety: `context`, `start`, `join` as said; the rest on its own thread.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "stagecache/base/clock.h"

namespace stagecache::http {

class Connection;

class IoLoop {
 public:
  IoLoop(std::string name, std::chrono::milliseconds tick);
  ~IoLoop();

  boost::asio::io_context& context() { return context_; }
  void start();
  /// Lets the thread end once there is no more work, and waits for it.
  void join();

  void add(std::shared_ptr<Connection> connection);
  void remove(const Connection& connection);
  /// A copy, so that connections may remove themselves meanwhile.
  std::vector<std::shared_ptr<Connection>> connections() const;

  /// From now on every response is the last of its connection.
  void set_stopping() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  /// For what is put together and sent within one call; empty otherwise.
  std::vector<char>& scratch() { return scratch_; }

  /// The Date field's value, made once a second.
  std::string_view http_date();

 private:
  void schedule_tick();
  void on_tick();

  const std::string name_;
  const std::chrono::milliseconds tick_;
  boost::asio::io_context context_{1};  // One thread runs it.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  boost::asio::steady_timer timer_{context_};
  std::thread thread_;

  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::vector<char> scratch_;
  WallTime date_time_{};
  std::string date_;
};

}  // namespace stagecache::http
