#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "site/made_wire_test.h"
#include "site/mqtt_link.h"

extern char** environ;

namespace edgewise::site::test {

/// A Mosquitto of the test's own on a free port of the loopback.
class Broker {
 public:
  explicit Broker(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    address_ = Application().address();  // free a moment ago
    Start();
  }
  ~Broker() { Stop(); }
  static std::string Program() {
    for (const auto* path : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"})
      if (std::filesystem::exists(path)) return path;
    return "";
  }
  void Start() {
    const auto port = address_.substr(address_.rfind(':') + 1);
    std::ofstream(folder_ / "broker.conf") << "listener " << port << " 127.0.0.1\nallow_anonymous true\npersistence false\n";
    const auto program = Program(), file = (folder_ / "broker.conf").string();
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    const char* arguments[] = {program.c_str(), "-c", file.c_str(), nullptr};
    ASSERT_EQ(posix_spawn(&process_, program.c_str(), &quiet, nullptr, const_cast<char**>(arguments), environ), 0);
    posix_spawn_file_actions_destroy(&quiet);
    const auto deadline = Deadline::After(std::chrono::seconds(20));
    while (!deadline.Expired() &&
           !MqttLink::Connect({.broker = address_, .client = "probe", .subscribe = {}, .user = {}, .password = {}}, deadline)) {
    }
  }
  void Stop() {
    if (process_ <= 0) return;
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  const std::string& address() const { return address_; }

 private:
  std::filesystem::path folder_;
  std::string address_;
  pid_t process_ = 0;
};

}  // namespace edgewise::site::test
