// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "registry/key.hpp"
#include "registry/utf8.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace muster::cli {

namespace {

/// A watch ends by Ctrl-C; `--timeout` gives it an end.
constexpr std::chrono::hours no_end{24 * 20};

/// The machine says something every 5 s at least.
constexpr std::chrono::seconds silence{15};

/// Puts the lines of Server-Sent Events together.
class event_printer {
public:
  explicit event_printer(bool as_json) : json_(as_json) {
    // nop
  }

  /// @returns false when nothing more is wanted
  bool line(std::string_view text) {
    if (text.ends_with('\r'))
      text.remove_suffix(1);
    if (text.starts_with("event: "))
      name_ = text.substr(7);
    else if (text.starts_with("data: "))
      data_ = text.substr(6);
    else if (text.starts_with(": watching"))
      say("watching; Ctrl-C ends it");
    else if (text.empty() && !data_.empty())
      return event();
    return true;
  }

  /// Why it ended, if the machine or stdout ended it.
  status ending = ok();

private:
  bool event() {
    auto parsed = http::parse_json(std::exchange(data_, {}));
    if (!parsed) {
      ending = error{errc::corrupt, "the machine sent an event that is broken"};
      return false;
    }
    if (name_ == "cut") {
      ending = error{errc::unavailable, text_of(*parsed, "message")};
      return false;
    }
    ending = print((json_ ? http::to_text(*parsed) : row(*parsed)) + "\n");
    return static_cast<bool>(ending);
  }

  static std::string row(const json& x) {
    bool deleted = x.contains("deleted");
    return (deleted ? "del  " : "put  ") + printable(show(x, "key"))
           + "  version " + show(x, "version")
           + (deleted ? "" : "  " + printable(value_of(x)));
  }

  bool json_;
  std::string name_;
  std::string data_;
};

exit_code watch(const globals& x, const std::string& prefix) {
  attempt trying{"watch", prefix};
  auto normalized = normalize_prefix(prefix);
  if (!normalized)
    return report(x, normalized.failure(), trying);
  return on_server(
    x, no_end, trying, [&](http_caller& to, const deadline& end) -> status {
      call request{.target = "/v1/watch?prefix="
                             + http::percent_encode(*normalized),
                   .timeout = end.left()};
      event_printer printer{x.json};
      auto answered = to.stream(request, silence, [&](std::string_view line) {
        return printer.line(line);
      });
      if (!answered)
        return answered.failure();
      if (answered->status != 200)
        return json_of({answered->status, answered->rest}).failure();
      if (answered->why == stream_end::cause::by_server)
        return error{errc::unavailable, "the machine ended the watch"};
      return printer.ending;
    });
}

} // namespace

void add_watch_command(CLI::App& app, invocation& to) {
  auto watching = app.add_subcommand("watch", "Print changes as they come");
  auto prefix = std::make_shared<std::string>("/");
  watching->add_option("prefix", *prefix, "such as /machines/")
    ->capture_default_str();
  watching->callback([prefix, &to] {
    to.run = [prefix, &to] { return watch(to.common, *prefix); };
  });
}

} // namespace muster::cli
