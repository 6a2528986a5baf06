// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "registry/utf8.hpp"
#include "runtime/http/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace muster::cli {

namespace {

constexpr size_t column_gap = 2;

/// How many characters a terminal shows.
size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(
    text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A word for a shell, quoted if it needs it.
std::string quoted(const std::string& x) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || std::strchr("/._-:=", c) != nullptr;
  };
  if (!x.empty() && std::all_of(x.begin(), x.end(), plain))
    return x;
  std::string out{"'"};
  for (auto c : x)
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

bool is_about_record(const attempt& x) {
  return x.command == "put" || x.command == "del" || x.command == "get";
}

bool is_about_cluster(const attempt& x) {
  return x.command.starts_with("machine ") || x.command.starts_with("shard ");
}

/// A command of `muster` that goes where the failed one went.
std::string muster(const globals& from, const std::string& arguments) {
  return "muster " + arguments + target_options(from);
}

std::string next_of(errc code, const globals& from, const attempt& y) {
  switch (code) {
    case errc::invalid_argument:
      return "muster " + y.command + " --help";
    case errc::not_found:
      if (is_about_cluster(y))
        return muster(from, "status");
      return muster(from, y.command == "explain" ? "commands" : "ls /");
    case errc::refused:
      return muster(from, "get " + quoted(y.subject) + " --confirmed")
             + ", then decide";
    case errc::id_reused:
      return "send it with an id of its own";
    case errc::unavailable:
    case errc::timed_out:
      // Who got no answer gets no status either.
      return muster(from, y.answered ? "status" : "doctor");
    case errc::overloaded:
      return "try again later";
    case errc::unknown:
      return is_about_record(y)
               ? muster(from, "get " + quoted(y.subject) + " --confirmed")
               : "the same command again: it does no harm twice";
    case errc::denied:
      return "give the machine's token: --dir, --token-file or MUSTER_TOKEN";
    case errc::in_use:
    case errc::corrupt:
    case errc::io:
      return muster(from, "doctor");
  }
  return muster(from, "doctor");
}

} // namespace

table::table(std::vector<std::string> head) {
  add(std::move(head));
}

void table::add(std::vector<std::string> row) {
  for (auto& cell : row)
    cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string table::text() const {
  std::vector<size_t> widths;
  for (auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], characters(row[i]));
  }
  std::string out;
  for (auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - characters(row[i]) + column_gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string target_options(const globals& x) {
  if (!x.address.empty())
    return " --address " + quoted(x.address);
  return x.dir == globals{}.dir ? "" : " --dir " + quoted(x.dir);
}

exit_code report(const globals& from, const error& x, const attempt& y) {
  auto what = y.subject.empty() ? y.command
                                : y.command + " " + printable(y.subject);
  auto next = y.next.empty() ? next_of(x.code, from, y) : y.next;
  // What timed out may have been asked for before.
  auto asked = x.code == errc::unknown || x.code == errc::timed_out;
  std::string applied = asked ? "unknown" : "no";
  if (!y.applied.empty())
    applied = y.applied;
  if (from.json) {
    http::json out{{"code", to_string(x.code)},
                   {"message", x.message},
                   {"applied", applied},
                   {"next", next},
                   {"what", what},
                   {"where", y.where}};
    say(http::to_text(http::json{{"error", out}}));
  } else {
    auto where = y.where.empty() ? "" : " on " + y.where;
    say("muster: " + what + where + " failed: " + to_string(x.code)
        + "\n  cause:   " + x.message + "\n  applied: " + applied
        + "\n  next:    " + next);
  }
  return exit_code_of(x.code);
}

status print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()
      || std::fflush(stdout) != 0)
    return error{errc::io, "cannot write to the standard output"};
  return ok();
}

void say(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

bool stdout_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

std::string show_nanoseconds(int64_t x) {
  if (x < 0)
    return "-";
  char text[32];
  auto number = static_cast<double>(x);
  if (x < 1'000'000)
    std::snprintf(text, sizeof(text), "%.0f us", number / 1e3);
  else if (x < 1'000'000'000)
    std::snprintf(text, sizeof(text), "%.2f ms", number / 1e6);
  else
    std::snprintf(text, sizeof(text), "%.2f s", number / 1e9);
  return text;
}

} // namespace muster::cli
