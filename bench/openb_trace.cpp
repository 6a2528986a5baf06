// SPDX-License-Identifier: Apache-2.0
#include "bench/openb_trace.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <sstream>

namespace muster::bench {

namespace {

error bad(const std::string& path, const std::string& text) {
  return error{errc::invalid_argument, path + ": " + text};
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream in{line};
  for (std::string cell; std::getline(in, cell, ',');)
    out.push_back(cell);
  return out;
}

bool parse(const std::string& text, int64_t& to) {
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, to);
  return ec == std::errc{} && end == last && to >= 0;
}

/// Calls `row` with the cells of the named columns, in that order.
status
read_table(const std::string& path, const std::vector<std::string>& columns,
           const std::function<bool(const std::vector<std::string>&)>& row) {
  std::ifstream in{path};
  std::string line;
  if (!in || !std::getline(in, line))
    return error{errc::io, path + ": cannot be read; see "
                                  "`muster-bench openb --help`"};
  auto head = cells_of(line);
  std::vector<size_t> places;
  for (auto& name : columns) {
    auto i = std::ranges::find(head, name);
    if (i == head.end())
      return bad(path, "there is no column " + name);
    places.push_back(static_cast<size_t>(i - head.begin()));
  }
  for (size_t number = 2; std::getline(in, line); ++number) {
    auto cells = cells_of(line);
    std::vector<std::string> wanted;
    for (auto i : places)
      wanted.push_back(i < cells.size() ? cells[i] : "");
    if (!row(wanted))
      return bad(path, "line " + std::to_string(number)
                         + " has something else than a whole number");
  }
  return ok();
}

} // namespace

result<std::vector<openb_node>> read_openb_nodes(const std::string& path) {
  std::vector<openb_node> out;
  auto done = read_table(path, {"sn", "cpu_milli", "memory_mib", "gpu"},
                         [&](auto& cells) {
                           auto& x = out.emplace_back();
                           x.name = cells[0];
                           return parse(cells[1], x.cpu_milli)
                                  && parse(cells[2], x.memory_mib)
                                  && parse(cells[3], x.gpus);
                         });
  if (!done)
    return done.failure();
  return out;
}

result<std::vector<openb_pod>> read_openb_pods(const std::string& path) {
  std::vector<openb_pod> out;
  auto done = read_table(path,
                         {"name", "cpu_milli", "memory_mib", "num_gpu",
                          "gpu_milli", "creation_time", "deletion_time"},
                         [&](auto& cells) {
                           auto& x = out.emplace_back();
                           x.name = cells[0];
                           return parse(cells[1], x.cpu_milli)
                                  && parse(cells[2], x.memory_mib)
                                  && parse(cells[3], x.gpus)
                                  && parse(cells[4], x.gpu_milli)
                                  && parse(cells[5], x.created)
                                  && parse(cells[6], x.deleted);
                         });
  if (!done)
    return done.failure();
  std::ranges::stable_sort(out, {}, &openb_pod::created);
  return out;
}

} // namespace muster::bench
