// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/transactions.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace muster::sim {

namespace {

/// Where a name is in a list.
using positions = std::map<std::string, size_t>;

/// A graph of what comes before what. Beside the transactions it has one node
/// for each instant at which one returned, in a chain: whatever was called
/// later comes after it, with few edges.
class before_graph {
public:
  explicit before_graph(size_t count) : after_(count), needs_(count) {
    // nop
  }

  size_t add_node() {
    after_.emplace_back();
    needs_.push_back(0);
    return needs_.size() - 1;
  }

  void add(size_t first, size_t then) {
    if (first == then)
      return;
    after_[first].push_back(then);
    ++needs_[then];
  }

  /// Nodes that no order can have: those on cycles, and behind them.
  std::vector<size_t> unordered() {
    std::deque<size_t> free;
    for (size_t i = 0; i < needs_.size(); ++i)
      if (needs_[i] == 0)
        free.push_back(i);
    while (!free.empty()) {
      auto next = free.front();
      free.pop_front();
      for (auto i : after_[next])
        if (--needs_[i] == 0)
          free.push_back(i);
    }
    std::vector<size_t> out;
    for (size_t i = 0; i < needs_.size(); ++i)
      if (needs_[i] > 0)
        out.push_back(i);
    return out;
  }

private:
  std::vector<std::vector<size_t>> after_;
  std::vector<size_t> needs_;
};

class judge {
public:
  judge(const std::vector<transaction>& xs, const transaction_finals& finals)
    : finals_(finals) {
    for (auto& x : xs)
      by_name_[x.name] = &x;
  }

  std::string run() {
    for (auto& [key, list] : finals_.lists)
      if (auto wrong = place(key, list); !wrong.empty())
        return wrong;
    for (auto& [name, x] : by_name_)
      if (auto wrong = check_one(*x); !wrong.empty())
        return wrong;
    if (auto wrong = check_missed(); !wrong.empty())
      return wrong;
    return check_order();
  }

private:
  std::string place(const std::string& key, const std::string& list) {
    auto& at = places_[key];
    for (auto& name : names_of(list)) {
      auto found = by_name_.find(name);
      if (found == by_name_.end())
        return "nobody wrote " + name + ", which is in " + key;
      if (!at.emplace(name, at.size()).second)
        return name + " is twice in " + key;
      auto& parts = found->second->parts;
      auto wrote = [&](auto& part) { return part.key == key && part.appends; };
      if (std::none_of(parts.begin(), parts.end(), wrote))
        return name + " is in " + key + ", where it was not to be";
    }
    return {};
  }

  bool is_in(const std::string& key, const std::string& name) const {
    auto i = places_.find(key);
    return i != places_.end() && i->second.count(name) > 0;
  }

  /// All or nothing, and as it was told.
  std::string check_one(const transaction& x) {
    size_t found = 0;
    size_t wanted = 0;
    for (auto& part : x.parts) {
      wanted += part.appends;
      found += part.appends && is_in(part.key, x.name);
    }
    auto count = std::to_string(found) + " of its " + std::to_string(wanted)
                 + " lists";
    if (found != 0 && found != wanted)
      return x.name + " is in " + count;
    auto done = x.outcome == answer::ok && !x.otherwise;
    if (done && found == 0)
      return x.name + " was told to be committed, and is in none of its lists";
    if (!done && x.outcome != answer::unknown && found != 0)
      return x.name + " was told not to be applied, and is in " + count;
    if (done || found != 0)
      return check_reads(x);
    return {};
  }

  /// The lists were then what the client had read.
  std::string check_reads(const transaction& x) {
    for (auto& part : x.parts) {
      auto list = finals_.lists.find(part.key);
      auto now = list == finals_.lists.end() ? std::string{} : list->second;
      if (!now.starts_with(part.before))
        return x.name + " rests on a state of " + part.key
               + " that was never: " + part.before;
      auto before = names_of(part.before).size();
      if (part.appends && places_.at(part.key).at(x.name) != before)
        return x.name + " is in " + part.key + " not where it was to be";
    }
    done_.push_back(&x);
    return {};
  }

  std::string check_missed() const {
    auto a = finals_.missed[0];
    auto b = finals_.missed[1];
    int64_t told = 0;
    int64_t unknown = 0;
    for (auto& [name, x] : by_name_) {
      told += x->outcome == answer::ok && x->otherwise;
      unknown += x->outcome == answer::unknown;
    }
    if (a == b && a >= told && a <= told + unknown)
      return {};
    return "the other operations were done " + std::to_string(a) + " and "
           + std::to_string(b) + " times; " + std::to_string(told)
           + " were told, and " + std::to_string(unknown) + " are unknown";
  }

  std::string check_order() {
    std::map<std::string, size_t> node;
    for (auto x : done_)
      node.emplace(x->name, node.size());
    before_graph graph{done_.size()};
    for (auto x : done_)
      for (auto& part : x->parts)
        connect(graph, node, *x, part);
    connect_by_time(graph);
    std::string out;
    for (auto i : graph.unordered())
      if (i < done_.size() && out.size() < 400)
        out += (out.empty() ? "" : ", ") + done_[i]->name;
    return out.empty() ? out : "no order explains " + out;
  }

  /// After whoever wrote what it read, before whoever wrote next.
  void connect(before_graph& graph, const std::map<std::string, size_t>& node,
               const transaction& x, const transaction::part& part) const {
    auto list = finals_.lists.find(part.key);
    if (list == finals_.lists.end())
      return;
    auto names = names_of(list->second);
    auto read = names_of(part.before).size();
    auto own = node.at(x.name);
    if (read > 0)
      graph.add(node.at(names[read - 1]), own);
    auto next = read + (part.appends ? 1 : 0);
    if (next < names.size())
      graph.add(own, node.at(names[next]));
  }

  void connect_by_time(before_graph& graph) const {
    struct event {
      int64_t at;
      bool returns;
      size_t who;
    };
    std::vector<event> all;
    for (size_t i = 0; i < done_.size(); ++i) {
      all.push_back({done_[i]->call_ns, false, i});
      if (done_[i]->outcome == answer::ok)
        all.push_back({done_[i]->return_ns, true, i});
    }
    // A return at the very time of a call does not come before it.
    std::sort(all.begin(), all.end(), [](auto& a, auto& b) {
      return std::pair{a.at, a.returns} < std::pair{b.at, b.returns};
    });
    std::optional<size_t> newest;
    for (auto& x : all) {
      if (!x.returns) {
        if (newest)
          graph.add(*newest, x.who);
        continue;
      }
      auto instant = graph.add_node();
      graph.add(x.who, instant);
      if (newest)
        graph.add(*newest, instant);
      newest = instant;
    }
  }

  const transaction_finals& finals_;
  std::map<std::string, const transaction*> by_name_;
  std::map<std::string, positions> places_; // by key
  std::vector<const transaction*> done_;
};

} // namespace

std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> out;
  for (size_t from = 0; from < list.size();) {
    auto end = std::min(list.find(',', from), list.size());
    out.push_back(list.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

std::string check_transactions(const std::vector<transaction>& xs,
                               const transaction_finals& finals) {
  return judge{xs, finals}.run();
}

} // namespace muster::sim
