// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/log_sink.hpp"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

namespace muster {

namespace {

std::string now_as_text() {
  using namespace std::chrono;
  auto now = time_point_cast<microseconds>(system_clock::now());
  auto whole = time_point_cast<seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(system_clock::to_time_t(whole)),
                     (now - whole).count());
}

spdlog::level::level_enum level_of(severity x) {
  switch (x) {
    case severity::debug:
      return spdlog::level::debug;
    case severity::info:
      return spdlog::level::info;
    case severity::warning:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

spdlog::sink_ptr make_sink(const log_options& options) {
  if (options.file.empty())
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
    options.file, options.file_bytes_max, options.files_max);
}

} // namespace

result<std::unique_ptr<log_sink>> log_sink::open(log_options options) {
  try {
    auto logger = std::make_shared<spdlog::logger>("muster",
                                                   make_sink(options));
    // Lines are formatted here; the logger only writes them.
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::info);
    // By default spdlog prints its own errors to stderr, once a second.
    logger->set_error_handler([](const std::string&) {});
    return std::unique_ptr<log_sink>{
      new log_sink{std::move(options), std::move(logger)}};
  } catch (const spdlog::spdlog_ex& e) {
    return error{errc::io, "log file: " + std::string{e.what()}};
  }
}

log_sink::log_sink(log_options options, std::shared_ptr<spdlog::logger> to)
  : options_(std::move(options)), logger_(std::move(to)) {
  // nop
}

log_sink::~log_sink() {
  flush();
}

void log_sink::note(severity level, std::string_view what, std::string detail) {
  if (wants(level))
    logger_->log(level_of(level),
                 spdlog::string_view_t{
                   format_event(options_, now_as_text(), level, what, detail)});
}

void log_sink::flush() {
  logger_->flush();
}

} // namespace muster
