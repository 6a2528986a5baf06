// SPDX-License-Identifier: Apache-2.0
#include "runtime/local_machine.hpp"

#include "actors/reader.hpp"
#include "registry/key.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <future>

namespace muster {

namespace {

/// How often an invalid record is looked at again before the home is asked:
/// its outcome is usually under way (3.3.4).
constexpr int invalid_looks_max = 3;

/// For how long command objects are waited for that are asked for their story;
/// they wait for nobody themselves.
constexpr std::chrono::seconds in_flight_patience{1};

result<std::string> checked_prefix(std::string_view prefix) {
  return normalize_prefix(prefix.empty() ? "/" : prefix);
}

error no_answer(const char* what) {
  return error{errc::unavailable,
               std::string{what} + ": the shard's home did not answer in time"};
}

} // namespace

command_answer machine::put(std::string key, std::string value) {
  command x;
  x.operations.push_back(
    {operation_kind::put, std::move(key), std::move(value)});
  return submit(std::move(x), submit_options{});
}

const machine_id& local_machine::id() const {
  return own_.who.id;
}

// -- reads --------------------------------------------------------------------

bool local_machine::try_get(std::string_view key, std::string& value,
                            sequence& version) {
  auto shard = shard_of(key, options_.cluster.shard_count);
  auto got = table_->copy_to(shard, key, value, version);
  if (got.kind == read_kind::served_absent) {
    value.clear();
    version = sequence{};
    return true;
  }
  return got.kind == read_kind::served;
}

read_answer local_machine::answer_of(std::string_view key,
                                     const read_outcome& x) const {
  read_answer out;
  out.key = key;
  out.found = x.kind == read_kind::served;
  out.served_by = own_.who.id;
  out.from = static_cast<served_from>(x.served_from);
  auto view = env_->routing.view();
  auto shard = shard_of(key, options_.cluster.shard_count);
  if (auto a = view->find(shard))
    out.of = a->at;
  return out;
}

result<read_answer> local_machine::get(std::string_view key,
                                       read_options options) {
  if (auto checked = check_key(key); !checked)
    return checked.failure();
  auto shard = shard_of(key, options_.cluster.shard_count);
  for (int i = 0; i < invalid_looks_max && !options.confirmed; ++i) {
    std::string value;
    sequence version;
    auto got = table_->copy_to(shard, key, value, version);
    if (got.kind == read_kind::served || got.kind == read_kind::served_absent) {
      auto out = answer_of(key, got);
      out.value = std::move(value);
      out.version = version;
      return out;
    }
    if (got.kind != read_kind::invalid)
      break;
    std::this_thread::yield();
  }
  return ask_home(key, clock_.now() + options.timeout);
}

result<read_answer> local_machine::ask_home(std::string_view key,
                                            boot_time deadline) {
  std::promise<std::optional<read_reply>> done;
  auto ticket = desk_.open(ticket_desk::read_function{
    [&done](std::optional<read_reply> x) { done.set_value(std::move(x)); }});
  auto shard = shard_of(key, options_.cluster.shard_count);
  caf::anon_send(
    env_->actors.reader,
    muster::ask_home{{ticket, shard, std::string{key}, false, deadline}});
  auto got = done.get_future().get();
  if (!got)
    return no_answer("read");
  auto out = answer_of(key, read_outcome{});
  out.found = got->found;
  out.value = std::move(got->value);
  out.version = got->version;
  out.of = got->at;
  out.from = served_from::primary;
  auto view = env_->routing.view();
  if (auto a = view->find(shard))
    out.served_by = a->primary;
  return out;
}

result<std::vector<read_answer>> local_machine::list(std::string_view prefix,
                                                     read_options options) {
  auto checked = checked_prefix(prefix);
  if (!checked)
    return checked.failure();
  auto deadline = clock_.now() + options.timeout;
  std::vector<read_answer> out;
  auto first = 0u;
  auto last = options_.cluster.shard_count;
  if (within_one_shard(*checked)) {
    first = shard_of(*checked, last).value;
    last = first + 1;
  }
  for (auto i = first; i < last; ++i) {
    auto done = add_listed(shard_id{i}, *checked, options.confirmed, deadline,
                           out);
    if (!done)
      return done.failure();
  }
  std::sort(out.begin(), out.end(),
            [](auto& a, auto& b) { return a.key < b.key; });
  return out;
}

result<std::vector<read_answer>>
local_machine::list_shard(shard_id shard, read_options options) {
  if (shard.value >= options_.cluster.shard_count)
    return error{errc::invalid_argument,
                 "there are " + std::to_string(options_.cluster.shard_count)
                   + " shards, from 0 on"};
  std::vector<read_answer> out;
  auto done = add_listed(shard, "/", options.confirmed,
                         clock_.now() + options.timeout, out);
  if (!done)
    return done.failure();
  std::sort(out.begin(), out.end(),
            [](auto& a, auto& b) { return a.key < b.key; });
  return out;
}

muster::status local_machine::add_listed(shard_id shard,
                                         const std::string& prefix,
                                         bool confirmed, boot_time deadline,
                                         std::vector<read_answer>& out) {
  if (!confirmed) {
    std::vector<read_answer> found;
    auto got = table_->list(shard, prefix,
                            [&](auto key, auto value, sequence version) {
                              read_answer x;
                              x.key = key;
                              x.value = value;
                              x.version = version;
                              found.push_back(std::move(x));
                            });
    if (got.kind == read_kind::served) {
      auto proto = answer_of(prefix, got);
      for (auto& x : found) {
        x.found = true;
        x.served_by = proto.served_by;
        x.from = proto.from;
        x.of = proto.of;
        out.push_back(std::move(x));
      }
      return ok();
    }
  }
  std::promise<std::optional<list_reply>> done;
  auto ticket = desk_.open(ticket_desk::list_function{
    [&done](std::optional<list_reply> x) { done.set_value(std::move(x)); }});
  caf::anon_send(env_->actors.reader,
                 muster::ask_home{{ticket, shard, prefix, true, deadline}});
  auto got = done.get_future().get();
  if (!got)
    return no_answer("listing");
  if (got->too_large)
    return error{errc::overloaded, "the listing of shard "
                                     + std::to_string(shard.value)
                                     + " is too large: list a longer prefix"};
  auto view = env_->routing.view();
  auto a = view->find(shard);
  for (auto& r : got->records)
    out.push_back({std::move(r.key), true, std::move(r.value), r.version,
                   got->at, a ? a->primary : machine_id{},
                   served_from::primary});
  return ok();
}

// -- commands -----------------------------------------------------------------

muster::status local_machine::check(const command& x) const {
  auto shard = check_command(x, options_.cluster.shard_count);
  return shard ? ok() : muster::status{shard.failure()};
}

void local_machine::submit(command x, submit_options options,
                           std::function<void(command_answer)> then) {
  if (stopping_) {
    command_answer bad;
    bad.id = x.id;
    bad.what = outcome::unavailable;
    bad.detail = "overloaded: this machine is stopping";
    return then(std::move(bad));
  }
  auto ticket = desk_.open(ticket_desk::command_function{std::move(then)});
  env_->submit(std::move(x), options.born, options.timeout, ticket);
}

command_answer local_machine::submit(command x, submit_options options) {
  std::promise<command_answer> done;
  submit(std::move(x), options,
         [&done](command_answer got) { done.set_value(std::move(got)); });
  return done.get_future().get();
}

result<story> local_machine::explain(const command_id& id,
                                     std::chrono::nanoseconds timeout) {
  if (auto told = env_->commands.find(id))
    return *told;
  std::promise<std::optional<explain_reply>> done;
  auto ticket = desk_.open(ticket_desk::explain_function{
    [&done](std::optional<explain_reply> x) { done.set_value(std::move(x)); }});
  caf::anon_send(env_->actors.reader,
                 ask_explain{ticket, id, clock_.now() + timeout});
  auto got = done.get_future().get();
  if (!got)
    return error{errc::not_found,
                 "no machine that answered remembers command " + id.value};
  return std::move(got->told);
}

std::vector<story> local_machine::recent_commands(size_t limit) {
  auto out = in_flight(limit);
  for (auto& each : env_->commands.recent(limit - out.size()))
    out.push_back(std::move(each));
  return out;
}

std::vector<story> local_machine::in_flight(size_t limit) {
  using answer = std::promise<std::optional<explain_reply>>;
  std::vector<std::pair<uint64_t, std::shared_ptr<answer>>> asked;
  for (auto& actor : env_->commands.newest_busy(limit)) {
    auto told = std::make_shared<answer>();
    auto ticket = desk_.open(
      ticket_desk::explain_function{[told](std::optional<explain_reply> x) {
        told->set_value(std::move(x));
      }});
    caf::anon_send(actor, tell_story{ticket});
    asked.emplace_back(ticket, std::move(told));
  }
  auto end = std::chrono::steady_clock::now() + in_flight_patience;
  std::vector<story> out;
  for (auto& [ticket, told] : asked) {
    auto waiting = told->get_future();
    if (waiting.wait_until(end) != std::future_status::ready) {
      desk_.close(ticket);
      continue;
    }
    if (auto x = waiting.get(); x && x->found)
      out.push_back(std::move(x->told));
  }
  return out;
}

} // namespace muster
