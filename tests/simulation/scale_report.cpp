// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_report.hpp"

#include <cstdio>
#include <ostream>
#include <string>

namespace muster::sim {

namespace {

template <class... Ts>
std::string format(const char* how, Ts... xs) {
  char line[256];
  std::snprintf(line, sizeof line, how, xs...);
  return line;
}

double ms(nanoseconds x) {
  return std::chrono::duration<double, std::milli>(x).count();
}

auto number(uint64_t x) {
  return static_cast<unsigned long long>(x);
}

std::string kinds(const traffic_by_kind& x) {
  std::string out;
  for (auto& [name, one] : x)
    out += (out.empty() ? "" : ", ") + std::to_string(one.messages) + " "
           + name;
  return out;
}

void print_options(std::ostream& out, const scale_options& x) {
  out << format(
    "%u machines, 3 of them store; %u switches; %u shards, "
    "replication 3; value of %zu bytes; seed %llu\n",
    x.machines, x.switches, x.shards, x.value_bytes, number(x.seed))
      << format(
           "network %.0f us + up to %.0f us; %.1f us of processor a packet "
           "at each end; sync %.0f us + up to %.0f us\n",
           ms(x.delay) * 1e3, ms(x.jitter) * 1e3, ms(x.packet_cost) * 1e3,
           ms(x.sync) * 1e3, ms(x.sync / 2) * 1e3);
}

void print_steps(std::ostream& out, const scale_result& x) {
  if (x.steps.empty())
    return;
  out << "\nOne write: the home's messages (frames, bytes) until the answer, "
         "and after it\n";
  out << format("%8s %8s %8s %9s %8s %9s %9s %10s %11s %11s\n", "holders",
                "before", "frames", "bytes", "after", "bytes", "cluster",
                "bytes", "median ms", "everywhere");
  for (auto& s : x.steps) {
    auto& w = s.dearest();
    auto before = sum(w.home_before);
    auto after = sum(w.home_after);
    auto all = sum(w.all);
    out << format(
      "%8u %8llu %8llu %9llu %8llu %9llu %9llu %10llu %11.2f "
      "%11.2f\n",
      s.holders, number(before.messages), number(before.frames),
      number(before.bytes), number(after.messages), number(after.bytes),
      number(all.messages), number(all.bytes), ms(s.median_latency()),
      ms(s.median_everywhere()));
  }
  auto& w = x.steps.back().dearest();
  out << "the last: before " << kinds(w.home_before) << "; after "
      << kinds(w.home_after) << "; " << w.home_other_messages
      << " other messages meanwhile\n";
}

void print_quiet(std::ostream& out, const scale_result& x) {
  if (x.quiet.coordinator.reads == 0)
    return; // was not measured
  auto line = [&](const char* name, const traffic& leases,
                  const traffic& data) {
    out << format("%-10s %10llu %12llu %10llu %12llu\n", name,
                  number(leases.messages), number(leases.bytes),
                  number(data.messages), number(data.bytes));
  };
  auto& q = x.quiet;
  out << "\nSent in a second while nobody writes (every machine renews its own "
         "session)\n";
  out << format("%-10s %10s %12s %10s %12s\n", "", "leases", "bytes", "data",
                "bytes");
  line("home", q.home_leases, q.home_data);
  if (x.options.switches > 0)
    line("a switch", q.switch_leases, q.switch_data);
  line("a holder", q.holder_leases, q.holder_data);
  line("all", q.all_leases, q.all_data);
  out << "read from the coordinator: " << q.coordinator.reads << " times, "
      << q.coordinator.read_bytes << " bytes\n";
}

void print_churn(std::ostream& out, const scale_result& x) {
  if (x.churn.empty())
    return;
  out << "\nMachines come and go: ms; its messages (and those of leases), of "
         "them by the home; writes at once and after it: ms, home's messages\n";
  for (auto& e : x.churn)
    out << format(
      "%-20s %9.1f ms %6llu (%llu) %5llu   %9.2f ms %5llu   "
      "%8.2f ms %5llu\n",
      e.name.c_str(), ms(e.took), number(e.messages), number(e.lease_messages),
      number(e.home_messages), ms(e.write_at_once),
      number(e.home_messages_at_once), ms(e.write_after),
      number(e.home_messages_after));
}

// -- JSON ---------------------------------------------------------------------

/// Writes `"name": value` with commas between; values are numbers, names, or
/// written by a function.
class json_object {
public:
  explicit json_object(std::ostream& out) : out_(out) {
    out_ << '{';
  }
  ~json_object() {
    out_ << '}';
  }

  json_object& add(const char* name, uint64_t x) {
    key(name) << x;
    return *this;
  }
  json_object& add(const char* name, nanoseconds x) {
    key(name) << x.count();
    return *this;
  }
  json_object& add(const char* name, const std::string& x) {
    key(name) << '"';
    for (auto c : x)
      if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ')
        out_ << c;
    out_ << '"';
    return *this;
  }
  json_object& add(const char* name, const traffic& x) {
    key(name);
    json_object{out_}
      .add("messages", x.messages)
      .add("frames", x.frames)
      .add("bytes", x.bytes);
    return *this;
  }
  json_object& add(const char* name, const traffic_by_kind& x) {
    key(name);
    json_object kind{out_};
    for (auto& [type, one] : x)
      kind.add(type.c_str(), one);
    return *this;
  }
  template <class Range, class F>
  json_object& add_list(const char* name, const Range& all, F each) {
    key(name) << '[';
    auto comma = "";
    for (auto& x : all) {
      out_ << std::exchange(comma, ",\n");
      json_object one{out_};
      each(one, x);
    }
    out_ << ']';
    return *this;
  }

private:
  std::ostream& key(const char* name) {
    return out_ << std::exchange(comma_, ",") << '"' << name << "\":";
  }

  std::ostream& out_;
  const char* comma_ = "";
};

void add_options(json_object& to, const scale_options& x) {
  to.add("machines", uint64_t{x.machines})
    .add("switches", uint64_t{x.switches})
    .add("shards", uint64_t{x.shards})
    .add("seed", x.seed)
    .add("value_bytes", uint64_t{x.value_bytes})
    .add("delay_ns", x.delay)
    .add("jitter_ns", x.jitter)
    .add("packet_cost_ns", x.packet_cost)
    .add("sync_ns", x.sync)
    .add("idle_renewals", static_cast<uint64_t>(x.idle_renewals));
}

void add_step(json_object& to, const scale_step& x) {
  auto& w = x.dearest();
  to.add("holders", uint64_t{x.holders})
    .add("hold_ns", x.hold_time)
    .add("latency_median_ns", x.median_latency())
    .add("everywhere_median_ns", x.median_everywhere())
    .add("home", w.home.value)
    .add("home_before", sum(w.home_before))
    .add("home_before_by_kind", w.home_before)
    .add("home_after", sum(w.home_after))
    .add("home_after_by_kind", w.home_after)
    .add("home_other_messages", w.home_other_messages)
    .add("invalidations_past_switches", w.invalidations_past_switches)
    .add("cluster", sum(w.all))
    .add("cluster_by_kind", w.all)
    .add_list("writes", x.writes, [](json_object& one, auto& write) {
      one.add("latency_ns", write.latency)
        .add("everywhere_ns", write.everywhere)
        .add("home_before_messages", sum(write.home_before).messages);
    });
}

void add_churn(json_object& to, const churn_event& x) {
  to.add("name", x.name)
    .add("took_ns", x.took)
    .add("messages", x.messages)
    .add("lease_messages", x.lease_messages)
    .add("home_messages", x.home_messages)
    .add("write_at_once_ns", x.write_at_once)
    .add("home_messages_at_once", x.home_messages_at_once)
    .add("write_after_ns", x.write_after)
    .add("home_messages_after", x.home_messages_after);
}

void add_result(json_object& to, const scale_result& x) {
  add_options(to, x.options);
  to.add("problem", x.problem)
    .add_list("steps", x.steps, add_step)
    .add("quiet_home_leases", x.quiet.home_leases)
    .add("quiet_home_data", x.quiet.home_data)
    .add("quiet_switch_leases", x.quiet.switch_leases)
    .add("quiet_switch_data", x.quiet.switch_data)
    .add("quiet_holder_leases", x.quiet.holder_leases)
    .add("quiet_holder_data", x.quiet.holder_data)
    .add("quiet_all_leases", x.quiet.all_leases)
    .add("quiet_all_data", x.quiet.all_data)
    .add("quiet_coordinator_reads", x.quiet.coordinator.reads)
    .add("quiet_coordinator_read_bytes", x.quiet.coordinator.read_bytes)
    .add_list("churn", x.churn, add_churn)
    .add("peak_memory_bytes", x.peak_memory_bytes)
    .add("actor_messages", x.actor_messages);
}

} // namespace

void print_scale(std::ostream& out, const std::vector<scale_result>& all) {
  for (auto& x : all) {
    print_options(out, x.options);
    print_steps(out, x);
    print_quiet(out, x);
    print_churn(out, x);
    out << format(
      "\n%.1f virtual seconds in %.0f s, %llu actor messages, peak "
      "memory %llu MiB\n",
      x.virtual_seconds, x.real_seconds, number(x.actor_messages),
      number(x.peak_memory_bytes >> 20));
    if (!x.problem.empty())
      out << "PROBLEM: " << x.problem << "\n";
    out << "\n";
  }
}

void print_scale_json(std::ostream& out, const std::vector<scale_result>& all) {
  json_object{out}.add_list("clusters", all, add_result);
  out << '\n';
}

} // namespace muster::sim
