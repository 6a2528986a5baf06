// SPDX-License-Identifier: Apache-2.0
#include "allocator/selector.hpp"

#include <algorithm>

namespace muster {

namespace {

/// A sample begins at so many places at once, evenly apart.
constexpr size_t lanes = 4;

/// A number below `limit` from the higher half of a random one.
uint32_t below(uint64_t random, size_t limit) {
  return static_cast<uint32_t>(((random >> 32) * limit) >> 32);
}

/// Visits all blocks: one of each lane, then the next of each.
class block_order {
public:
  block_order(size_t count, uint64_t random)
    : count_(count), each_((count + lanes - 1) / lanes),
      start_(below(random, count)) {
    // nop
  }

  size_t steps() const {
    return each_ * lanes;
  }

  /// @returns `count` for none
  size_t at(size_t step) const {
    auto i = step % lanes * each_ + step / lanes;
    return i < count_ ? (start_ + i) % count_ : count_;
  }

private:
  size_t count_;
  size_t each_;
  size_t start_;
};

/// The best rows so far of a sample.
struct sample {
  const resolved_request& of;
  const score_rule& rule;
  uint32_t wanted;
  uint32_t found = 0;
  uint32_t best = no_row;
  uint64_t best_score = UINT64_MAX;

  bool add(uint32_t row) {
    if (!of.holds(row))
      return false;
    auto score = rule.score(of, row);
    if (best == no_row || score < best_score) {
      best = row;
      best_score = score;
    }
    ++found;
    return true;
  }

  /// Looks at the rows of a block, from a random one on.
  void add_block(const uint64_t* words, size_t block, uint64_t random,
                 uint32_t rows_max) {
    uint32_t taken = 0;
    auto start = random % block_rows;
    each_row_from(words, block_words, start, [&](uint32_t row) {
      taken += add(static_cast<uint32_t>(block * block_rows) + row);
      return taken < rows_max && found < wanted;
    });
  }
};

} // namespace

selector::selector(inventory& of, const scan_kernels& use)
  : of_(of), search_(use) {
  // nop
}

// -- what is left out
// ----------------------------------------------------------

void selector::take(bool of_devices, uint32_t row) {
  assign_bit(taken_[of_devices], row, true);
  taken_rows_[of_devices].push_back(row);
}

void selector::take_machine(bool of_devices, const machine_entry& x) {
  if (!of_devices) {
    take(false, x.row);
    return;
  }
  for (auto& [name, device] : x.devices)
    if (device.row != no_row)
      take(true, device.row);
}

void selector::release_taken() {
  for (auto of_devices : {false, true}) {
    for (auto row : taken_rows_[of_devices])
      assign_bit(taken_[of_devices], row, false);
    taken_rows_[of_devices].clear();
  }
  hosts_.clear();
}

void selector::avoid(bool of_devices, const candidate_name& x) {
  auto machine = of_.find(x.machine);
  if (!machine || machine->row == no_row)
    return;
  if (!of_devices || x.device.empty()) {
    take_machine(of_devices, *machine);
    return;
  }
  auto device = machine->devices.find(x.device);
  if (device != machine->devices.end() && device->second.row != no_row)
    take(true, device->second.row);
}

// -- one candidate
// -------------------------------------------------------------

uint32_t selector::pick(const resolved_request& x, const score_rule& rule,
                        const search_options& options) {
  if (x.words() == 0)
    return no_row;
  if (options.how == effort::sample)
    return pick_sample(x, rule, options);
  return pick_exact(x, rule, below(options.random, x.words() * word_rows));
}

uint32_t selector::pick_sample(const resolved_request& x,
                               const score_rule& rule,
                               const search_options& options) {
  auto sets = x.prefilter();
  auto blocks = x.words() / block_words;
  block_order order{blocks, options.random};
  sample out{x, rule, std::max(1U, options.sample_count)};
  // Neighbours are often devices of one machine, so a block gives only a few,
  // unless there are few blocks.
  auto rows_max = static_cast<uint32_t>(
    std::max<size_t>(lanes / 2, (out.wanted + blocks - 1) / blocks));
  uint64_t words[block_words];
  for (size_t i = 0; i < order.steps() && out.found < out.wanted; ++i) {
    auto block = order.at(i);
    if (block < blocks
        && search_.kernels().intersect_block(sets, block * block_words, words))
      out.add_block(words, block, options.random, rows_max);
  }
  return out.best;
}

uint32_t selector::pick_exact(const resolved_request& x, const score_rule& rule,
                              uint32_t start) {
  search_.satisfying(x, mask_);
  if (!rule.column())
    return pick_scored(x, rule, start);
  search_.keep_best(x.table(), *rule.column(), rule.wants_most(), mask_.data());
  return first_row(mask_.data(), x.words(), start);
}

uint32_t selector::pick_scored(const resolved_request& x,
                               const score_rule& rule, uint32_t start) {
  auto out = no_row;
  auto best = UINT64_MAX;
  each_row_from(mask_.data(), x.words(), start, [&](uint32_t row) {
    auto score = rule.score(x, row);
    if (out == no_row || score < best) {
      out = row;
      best = score;
    }
    return true;
  });
  return out;
}

// -- all replicas
// --------------------------------------------------------------

bool selector::has_room(const qos& x, const host& h) const {
  uint64_t n = h.replicas + 1;
  auto fits = [&](const auto& wanted, uint64_t left) {
    return !wanted || *wanted <= left / n;
  };
  if (!fits(x.cores_permille, h.machine->cores_left())
      || !fits(x.memory_bytes, h.machine->memory_left()))
    return false;
  if (!x.gpus)
    return true;
  if (*x.gpus == 1)
    return tightest_gpu(h.gpus, gpu_share_of(x)) < gpus_max;
  return std::ranges::count(h.gpus, 1000) >= std::ptrdiff_t{*x.gpus};
}

placement selector::place(const qos& x, const resolved_request& p,
                          uint32_t row) {
  auto& machine = *p.of->machines[row];
  auto i = std::ranges::find(hosts_, &machine, &host::machine);
  if (i == hosts_.end()) {
    hosts_.push_back({&machine, 0, machine.gpus});
    i = hosts_.end() - 1;
  }
  ++i->replicas;
  placement out{machine.id, p.of_devices ? p.of->devices[row]->name : "", {}};
  auto share = gpu_share_of(x);
  for (uint32_t n = 0; n < x.gpus.value_or(0); ++n) {
    auto gpu = tightest_gpu(i->gpus, share);
    assert(gpu < gpus_max);
    i->gpus[gpu] = static_cast<uint16_t>(i->gpus[gpu] - share);
    out.gpus.push_back(gpu);
  }
  return out;
}

void selector::exclude_equals(const qos& x, const resolved_request& p,
                              uint32_t row) {
  auto& machine = *p.of->machines[row];
  switch (spread_of(x)) {
    case spread_over::device: {
      auto i = std::ranges::find(hosts_, &machine, &host::machine);
      if (!has_room(x, *i))
        take_machine(p.of_devices, machine);
      else
        take(p.of_devices, row);
      break;
    }
    case spread_over::machine:
      take_machine(p.of_devices, machine);
      break;
    case spread_over::rack:
      for (auto other : of_.rack(machine.facts->rack))
        take_machine(p.of_devices, *other);
      break;
  }
}

bool selector::fill(const qos& x, const resolved_request& p,
                    const score_rule& rule, const search_options& options,
                    std::vector<placement>& out) {
  while (out.size() < x.replicas) {
    auto row = pick(p, rule, options);
    if (row == no_row)
      return false;
    out.push_back(place(x, p, row));
    if (out.size() < x.replicas)
      exclude_equals(x, p, row);
  }
  return true;
}

result<resolved_request> selector::begin(const qos& x,
                                         const search_options& options) {
  if (auto done = check_qos(x); !done)
    return done.failure();
  release_taken();
  taken_[false].resize(of_.machines().table.bitmap_words());
  taken_[true].resize(of_.devices().table.bitmap_words());
  for (auto& y : options.avoid)
    avoid(wants_device(x), y);
  return resolve(of_, x, options.dry_run, taken_[wants_device(x)]);
}

result<std::vector<placement>> selector::choose(const qos& x,
                                                const search_options& options) {
  auto p = begin(x, options);
  if (!p)
    return p.failure();
  std::vector<placement> out;
  out.reserve(x.replicas);
  if (fill(x, *p, score_rule{of_, x}, options, out))
    return out;
  return error{errc::refused, std::to_string(out.size()) + " of "
                                + std::to_string(x.replicas)
                                + " places are to be had; the explanation "
                                  "says what the others lack"};
}

result<explanation> selector::explain(const qos& x,
                                      const search_options& options) {
  auto p = begin(x, options);
  if (!p)
    return p.failure();
  score_rule rule{of_, x};
  if (x.replicas > 1) {
    // What the first replicas exclude is a reason if there are too few places.
    std::vector<placement> chosen;
    if (fill(x, *p, rule, options, chosen)) {
      p = begin(x, options);
      assert(p);
    }
  }
  return explainer{*p, x, rule, search_}.run(
    {below(options.random, std::max(block_rows, p->words() * word_rows)),
     options.dry_run});
}

} // namespace muster
