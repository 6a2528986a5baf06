// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/servers.hpp"
#include "registry/key.hpp"
#include "registry/utf8.hpp"
#include "runtime/http/duration.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <memory>
#include <thread>

namespace muster::cli {

namespace {

/// A watch ends by Ctrl-C; `--timeout` gives it an end.
constexpr std::chrono::hours no_end{24 * 20};

/// The machine says something every 5 s at least.
constexpr std::chrono::seconds silence{15};

/// Between two looks for a machine that goes on.
constexpr std::chrono::milliseconds look_again{200};

/// Ctrl-C ends a watch with its position; a second one at once.
volatile std::sig_atomic_t interrupted = 0;

void end_by_signals() {
  struct sigaction x {};
  x.sa_handler = [](int) { interrupted = 1; };
  x.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigaction(SIGINT, &x, nullptr);
  ::sigaction(SIGTERM, &x, nullptr);
}

struct watch_request {
  std::string prefix = "/";
  std::string from;
  /// For how long a machine is looked for that goes on.
  std::chrono::milliseconds patience{30'000};
};

/// Puts the lines of Server-Sent Events together.
class event_printer {
public:
  event_printer(bool as_json, std::string from)
    : json_(as_json), position_(std::move(from)) {
    // nop
  }

  /// A new connection: what the one before left half told is nothing.
  void begin() {
    ending = ok();
    name_.clear();
    data_.clear();
    next_position_.clear();
  }

  /// @returns false when nothing more is wanted
  bool line(std::string_view text) {
    if (text.ends_with('\r'))
      text.remove_suffix(1);
    if (text.starts_with("event: "))
      name_ = text.substr(7);
    else if (text.starts_with("id: "))
      next_position_ = text.substr(4);
    else if (text.starts_with("data: "))
      data_ = text.substr(6);
    else if (text.empty() && !data_.empty())
      return event();
    return true;
  }

  /// Where a watch goes on after what was printed; empty: not known.
  const std::string& position() const {
    return position_;
  }

  /// Whether the machine has told anything.
  bool told() const {
    return told_;
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
    if (!std::exchange(told_, true))
      say("watching; Ctrl-C ends it");
    // Only now: a connection may end inside an event.
    if (!next_position_.empty())
      position_ = std::exchange(next_position_, {});
    if (name_ == "position")
      return true;
    if (name_ == "cut") {
      auto full = text_of(*parsed, "code") == "overloaded";
      ending = error{full ? errc::overloaded : errc::unavailable,
                     text_of(*parsed, "message")};
      return false;
    }
    ending = print((json_ ? line_of(*parsed) : row(*parsed)) + "\n");
    return static_cast<bool>(ending);
  }

  std::string line_of(json x) const {
    if (name_ != "change")
      x["event"] = name_;
    if (!position_.empty())
      x["position"] = position_;
    return http::to_text(x);
  }

  std::string row(const json& x) const {
    if (name_ == "compacted" || name_ == "current")
      return name_ + "  shard " + show(x, "shard");
    bool deleted = x.contains("deleted");
    auto verb = name_ == "record" ? "is   " : deleted ? "del  " : "put  ";
    return verb + printable(show(x, "key")) + "  version " + show(x, "version")
           + (deleted ? "" : "  " + printable(value_of(x)));
  }

  bool json_;
  bool told_ = false;
  std::string name_;
  std::string data_;
  std::string position_;
  std::string next_position_;
};

/// One connection.
/// @returns how it ended: `ok` by the end of the time; `unavailable` and
///   `timed_out`: another machine may go on
status watch_at(http_caller& to, const deadline& end, const watch_request& x,
                event_printer& printer) {
  call request{.target = "/v1/watch?prefix=" + http::percent_encode(x.prefix),
               .timeout = end.left()};
  if (!printer.position().empty())
    request.target += "&from=" + http::percent_encode(printer.position());
  printer.begin();
  auto answered = to.stream(
    request, silence, [&](auto line) { return printer.line(line); },
    [] { return interrupted != 0; });
  if (!answered)
    return answered.failure();
  if (answered->status != 200)
    return json_of({answered->status, answered->rest}).failure();
  if (answered->why == stream_end::cause::by_server && printer.ending)
    return error{errc::unavailable, "the machine ended the watch"};
  return printer.ending;
}

/// Looks for a machine while `end` is not over.
result<server_address> find_again(const globals& x, const deadline& end) {
  while (true) {
    auto found = choose_server(x, end);
    if (found) {
      http_caller probe{*found};
      auto answered = probe.send({.target = "/healthz", .timeout = end.left()});
      if (answered && answered->status == 200)
        return found;
      found = answered ? error{errc::unavailable, "it is not healthy"}
                       : answered.failure();
    }
    if (end.over() || interrupted != 0)
      return found.failure();
    std::this_thread::sleep_for(std::min(look_again, end.left()));
  }
}

/// The same watch at one machine after the other.
status watch_on(const globals& x, const watch_request& y, http_caller& first,
                const deadline& end, event_printer& printer) {
  auto how = watch_at(first, end, y, printer);
  while (!how && !end.over() && y.patience > std::chrono::milliseconds{0}
         && (how.failure().code == errc::unavailable
             || how.failure().code == errc::timed_out)) {
    if (printer.position().empty())
      return how; // it had not begun
    say(how.failure().message + "; looking for a machine that goes on");
    auto to = find_again(x, deadline{std::min(y.patience, end.left())});
    if (!to && (end.over() || interrupted != 0))
      return ok();
    if (!to)
      return to.failure();
    http_caller next{std::move(*to)};
    say("going on at " + next.to().text());
    how = watch_at(next, end, y, printer);
  }
  return how;
}

exit_code watch(const globals& x, watch_request y) {
  attempt trying{"watch", y.prefix};
  auto normalized = normalize_prefix(y.prefix);
  if (!normalized)
    return report(x, normalized.failure(), trying);
  y.prefix = *normalized;
  event_printer printer{x.json, y.from};
  end_by_signals();
  return on_server(x, no_end, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     auto how = watch_on(x, y, to, end, printer);
                     auto at = printer.told() ? printer.position() : "";
                     if (!at.empty())
                       say("it goes on with --from " + at);
                     if (!how && !at.empty())
                       trying.next = "muster watch " + y.prefix + " --from "
                                     + at + target_options(x);
                     return how;
                   });
}

} // namespace

void add_watch_command(CLI::App& app, invocation& to) {
  auto watching = app.add_subcommand("watch", "Print changes as they come");
  auto asked = std::make_shared<watch_request>();
  watching->add_option("prefix", asked->prefix, "such as /machines/")
    ->capture_default_str();
  watching->add_option("--from", asked->from,
                       "Go on from this position, which each watch prints at "
                       "its end; a version will do for a prefix of two "
                       "segments or more; 0: every change there was, or the "
                       "records as they are");
  watching->add_option_function<std::string>(
    "--look-for",
    [asked](const std::string& text) {
      auto parsed = http::parse_timeout(text);
      if (!parsed && text != "0")
        throw CLI::ValidationError("--look-for",
                                   "a duration such as 10s or 1m, or 0");
      asked->patience = parsed.value_or(std::chrono::milliseconds{0});
    },
    "For how long a machine that goes on is looked for when the one that "
    "served the watch is gone [30s]; 0: not at all");
  watching->callback([asked, &to] {
    to.run = [asked, &to] { return watch(to.common, *asked); };
  });
}

} // namespace muster::cli
