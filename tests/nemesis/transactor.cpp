// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/transactor.hpp"

#include "cli/answers.hpp"
#include "tests/nemesis/history_clock.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace muster::nemesis {

using cli::json;
using sim::answer;

namespace {

constexpr std::chrono::milliseconds read_patience{800};
constexpr std::chrono::milliseconds write_patience{2'500};
constexpr std::chrono::milliseconds pause_max{120};
constexpr unsigned wander_permille = 50;

json operations_json(const std::vector<operation>& xs) {
  auto out = json::array();
  for (auto& x : xs)
    if (x.kind == operation_kind::put)
      out.push_back({{"put", {{"key", x.key}, {"value", x.value}}}});
    else
      out.push_back(
        {{"add", {{"key", x.key}, {"delta", x.delta}, {"floor", x.floor}}}});
  return out;
}

/// Of what `transaction_mix` drafts.
json command_json(const command& x) {
  auto guards = json::array();
  for (auto& g : x.guards)
    if (g.kind == guard_kind::absent)
      guards.push_back({{"key", g.key}, {"absent", true}});
    else
      guards.push_back({{"key", g.key}, {"value", g.value}});
  return {{"guards", guards},
          {"operations", operations_json(x.operations)},
          {"else", operations_json(x.otherwise)}};
}

/// Of a record; empty if it is absent, none if nobody answered.
std::optional<std::string> read(cli::http_caller& from, const std::string& key,
                                bool confirmed) {
  auto target = "/v1/records" + key + "?timeout=500ms"
                + (confirmed ? "&confirmed" : "");
  auto got = from.send({.target = target, .timeout = read_patience});
  if (!got || (got->status != 200 && got->status != 404))
    return std::nullopt;
  if (got->status == 404)
    return std::string{};
  auto parsed = http::parse_json(got->body);
  if (!parsed || !parsed->is_object())
    return std::nullopt;
  return cli::value_of(*parsed);
}

} // namespace

transactor::transactor(std::string name, uint64_t seed,
                       const std::vector<cli::server_address>& machines)
  : name_(std::move(name)), random_(seed) {
  for (auto& each : machines)
    callers_.emplace_back(each);
}

void transactor::run(stop_flag& stop) {
  while (!stop.wait_for(random_.between({}, pause_max)))
    if (!act() || random_.chance(wander_permille))
      machine_ = random_.below(callers_.size());
}

/// @returns false if the machine did not answer well
bool transactor::act() {
  auto dice = random_.below(100);
  if (dice >= 40)
    return append();
  auto audits = dice < 10;
  auto got = submit(audits ? sim::draft_audit() : sim::draft_transfer(random_));
  if (audits && got.outcome == answer::ok && problem_.empty())
    problem_ = sim::check_audit(got.counters);
  return got.outcome == answer::ok || got.outcome == answer::refused;
}

bool transactor::append() {
  sim::transaction x;
  x.client = name_;
  for (auto& key : sim::draw_lists(random_)) {
    auto before = read(callers_[machine_], key, false);
    if (!before)
      return false;
    x.parts.push_back({key, *before, false});
  }
  x.name = name_ + "-" + std::to_string(++names_);
  auto what = sim::draft_append(random_, x);
  x.call_ns = history_clock();
  auto got = submit(what);
  x.outcome = got.outcome;
  x.otherwise = got.otherwise;
  if (x.outcome != answer::unknown)
    x.return_ns = history_clock();
  auto good = x.outcome == answer::ok || x.outcome == answer::refused;
  appends_.push_back(std::move(x));
  return good;
}

transactor::told transactor::submit(const command& x) {
  told out;
  auto got = callers_[machine_].send({.method = "POST",
                                      .target = "/v1/commands?timeout=2s",
                                      .body = http::to_text(command_json(x)),
                                      .timeout = write_patience,
                                      .at_most_once = true});
  if (!got) {
    // Nothing was sent.
    if (got.failure().code == errc::unavailable)
      out.outcome = answer::failed;
    return out;
  }
  auto parsed = http::parse_json(got->body);
  if (!parsed || !parsed->is_object())
    return out;
  auto& body = *parsed;
  if (got->status == 200 && cli::text_of(body, "outcome") == "committed") {
    out.outcome = answer::ok;
    out.otherwise = body.value("else", false);
    out.counters = body.value("counters", std::vector<int64_t>{});
    ++committed_;
  } else if (body.contains("error")
             && cli::text_of(body["error"], "applied") == "no") {
    out.outcome = got->status == 412 ? answer::refused : answer::failed;
  }
  return out;
}

result<sim::transaction_finals>
read_finals(const std::vector<cli::server_address>& machines,
            interrupts& signals, interrupts::clock::time_point until) {
  cli::http_caller from{machines.front()};
  std::string missing;
  auto text_of = [&](const std::string& key) {
    std::optional<std::string> out;
    signals.wait_for(until, [&] {
      out = read(from, key, true);
      return out.has_value();
    });
    if (!out)
      missing = key;
    return out.value_or("");
  };
  sim::transaction_finals out;
  for (auto& key : sim::list_keys())
    out.lists[key] = text_of(key);
  for (size_t i = 0; i < sim::missed_keys().size(); ++i)
    out.missed[i] = std::atoll(text_of(sim::missed_keys()[i]).c_str());
  if (!missing.empty())
    return error{errc::timed_out, "no way to read " + missing};
  return out;
}

} // namespace muster::nemesis
