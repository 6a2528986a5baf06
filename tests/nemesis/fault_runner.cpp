// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/fault_runner.hpp"

#include "tests/nemesis/history_clock.hpp"

#include <algorithm>

namespace muster::nemesis {

namespace {

/// A flapping link changes so often.
constexpr std::chrono::milliseconds flap_every{150};

bool is_kill(fault_kind x) {
  return x == fault_kind::kill || x == fault_kind::etcd_kill;
}

} // namespace

/// A fault begins, ends, or flaps.
struct fault_runner::event {
  enum class what { begin, flap_off, flap_on, end };

  std::chrono::milliseconds at;
  what how;
  size_t number;
  const planned_fault* fault;
};

fault_runner::fault_runner(cluster& to, interrupts& signals, std::ostream& log)
  : cluster_(to), signals_(signals), log_(log) {
  // nop
}

status fault_runner::run(const std::vector<planned_fault>& all) {
  auto began = interrupts::clock::now();
  for (auto& x : events_of(all)) {
    if (!signals_.wait_until(began + x.at))
      return error{errc::unavailable, "it was interrupted"};
    if (auto dead = cluster_.unexpected_death(); !dead.empty())
      return error{errc::unavailable, dead};
    if (auto done = handle(x); !done)
      return done;
  }
  return ok();
}

std::vector<fault_runner::event>
fault_runner::events_of(const std::vector<planned_fault>& all) const {
  using what = event::what;
  std::vector<event> out;
  for (size_t i = 0; i < all.size(); ++i) {
    auto& x = all[i];
    out.push_back({x.begin, what::begin, i, &x});
    auto off = true;
    if (x.kind == fault_kind::flap)
      for (auto at = x.begin + flap_every; at < x.end; at += flap_every) {
        out.push_back({at, off ? what::flap_off : what::flap_on, i, &x});
        off = !off;
      }
    out.push_back({x.end, what::end, i, &x});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](auto& a, auto& b) { return a.at < b.at; });
  return out;
}

status fault_runner::handle(const event& x) {
  switch (x.how) {
    case event::what::begin:
      return begin(x.number, *x.fault);
    case event::what::end:
      return end(x.number, *x.fault);
    case event::what::flap_off:
      cluster_.links().heal(x.number);
      return ok();
    case event::what::flap_on:
      cluster_.links().apply(x.number, x.fault->links);
      return ok();
  }
  return ok();
}

status fault_runner::begin(size_t number, const planned_fault& x) {
  note("begin", x);
  auto& mine = counts_[static_cast<size_t>(x.kind)];
  ++mine.planned;
  if (!x.links.empty()) {
    marks_[number] = marks(x);
    cluster_.links().apply(number, x.links);
  } else if (is_kill(x.kind)) {
    mine.bit += cluster_.kill(name_of(x)) ? 1 : 0;
  } else {
    mine.bit += cluster_.pause(name_of(x), signals_) ? 1 : 0;
  }
  return ok();
}

status fault_runner::end(size_t number, const planned_fault& x) {
  note("end", x);
  if (!x.links.empty()) {
    auto& mine = counts_[static_cast<size_t>(x.kind)];
    mine.bit += marks(x) > marks_[number] ? 1 : 0;
    cluster_.links().heal(number);
    return ok();
  }
  if (is_kill(x.kind))
    return cluster_.start(name_of(x));
  cluster_.resume(name_of(x));
  return ok();
}

status fault_runner::mend() {
  log_ << history_clock() << " mend" << std::endl;
  for (auto& [number, mark] : marks_)
    cluster_.links().heal(number);
  std::vector<std::string> names;
  for (auto& each : cluster_.plan().etcd)
    names.push_back(each.name);
  for (auto& each : cluster_.plan().machines)
    names.push_back(each.id);
  for (auto& each : names) {
    cluster_.resume(each);
    if (auto done = cluster_.start(each); !done)
      return done;
  }
  return ok();
}

std::string fault_runner::text() const {
  std::string out;
  for (size_t i = 0; i < fault_kinds; ++i) {
    auto& [planned, bit] = counts_[i];
    if (planned > 0)
      out += (out.empty() ? "" : ", ")
             + std::string{to_string(static_cast<fault_kind>(i))} + " "
             + std::to_string(bit) + "/" + std::to_string(planned);
  }
  return out;
}

std::string fault_runner::never_bit() const {
  for (size_t i = 0; i < fault_kinds; ++i)
    if (counts_[i].planned > 0 && counts_[i].bit == 0)
      return to_string(static_cast<fault_kind>(i));
  return {};
}

void fault_runner::note(const char* what, const planned_fault& x) {
  log_ << history_clock() << ' ' << what << ' '
       << x.text(cluster_.addresses().size()) << std::endl;
}

std::string fault_runner::name_of(const planned_fault& x) const {
  auto& plan = cluster_.plan();
  if (x.of_etcd())
    return plan.etcd.at(x.target).name;
  return plan.machines.at(x.target).id;
}

uint64_t fault_runner::marks(const planned_fault& x) {
  std::vector<network::link> which;
  for (auto& [where, how] : x.links)
    which.push_back(where);
  auto count = cluster_.links().count(which);
  return count.resets + count.stalled_chunks;
}

} // namespace muster::nemesis
