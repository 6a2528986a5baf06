// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/log_sink.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace muster;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

std::string line(bool json, std::string_view detail) {
  log_options options;
  options.json = json;
  options.machine = "m1";
  return format_event(options, "T", severity::warning, "backup_dropped",
                      detail);
}

struct log_fixture {
  fs::path directory
    = fs::temp_directory_path()
      / ("muster-log-" + std::to_string(std::random_device{}()));
  log_options options;

  log_fixture() {
    fs::create_directory(directory);
    options.file = (directory / "log").string();
  }

  ~log_fixture() {
    fs::remove_all(directory);
  }

  std::unique_ptr<log_sink> open() {
    auto x = log_sink::open(options);
    REQUIRE(x);
    return std::move(*x);
  }

  std::string text() const {
    std::ifstream in{options.file};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

} // namespace

TEST_CASE("a line for a person") {
  CHECK(line(false, "shard=3 backup=m2")
        == "T warning m1 backup_dropped shard=3 backup=m2");
}

TEST_CASE("a line for a program") {
  CHECK(line(true, "shard=3 why=lease over")
        == "{\"time\":\"T\",\"level\":\"warning\",\"machine\":\"m1\","
           "\"event\":\"backup_dropped\",\"shard\":\"3\","
           "\"why\":\"lease over\"}");
  CHECK_THAT(line(true, "just words"), Contains("\"text\":\"just words\""));
  CHECK_THAT(line(true, "event=x a=1 a=2"),
             Contains("\"event_\":\"x\"") && Contains("\"a_\":\"2\""));
}

TEST_CASE("what a client sent makes no line of its own") {
  auto evil = "key=/a\n{\"level\":\"error\"}\x1b[2J\"\\";
  for (auto json : {true, false}) {
    auto text = line(json, evil);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
  }
  CHECK_THAT(line(true, evil), Contains("\\\"level\\\""));
}

TEST_CASE_METHOD(log_fixture, "events below the level are left out") {
  auto log = open();
  CHECK(log->wants(severity::info));
  CHECK_FALSE(log->wants(severity::debug));
  log->note(severity::debug, "hidden", "");
  log->note(severity::info, "shown", "a=1");
  log->note(severity::error, "shown_too", "{} %s");
  log.reset();
  CHECK_THAT(text(), !Contains("hidden") && Contains("shown a=1\n")
                       && Contains("shown_too {} %s\n"));
}

TEST_CASE_METHOD(log_fixture, "old files are renamed and bounded") {
  options.file_bytes_max = 2000;
  options.files_max = 2;
  auto log = open();
  for (auto i = 0; i < 200; ++i)
    log->note(severity::info, "event", std::string(60, 'x'));
  log.reset();
  auto count = std::distance(fs::directory_iterator{directory}, {});
  CHECK(count == 3);
  for (auto& file : fs::directory_iterator{directory})
    CHECK(file.file_size() <= 2000);
}

TEST_CASE_METHOD(log_fixture, "a file that cannot be opened is an error") {
  options.file = directory.string();
  auto x = log_sink::open(options);
  REQUIRE(!x);
  CHECK(x.failure().code == errc::io);
}
