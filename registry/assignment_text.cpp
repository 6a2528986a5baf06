// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"

#include "registry/text_lines.hpp"

#include <charconv>

namespace muster {

namespace {

std::string line(std::string_view name, std::string_view value) {
  std::string out{name};
  out += '=';
  out += value;
  out += '\n';
  return out;
}

std::string line(std::string_view name, uint64_t value) {
  return line(name, std::to_string(value));
}

std::string join_refs(const std::vector<replica_ref>& refs) {
  std::string out;
  for (auto& ref : refs) {
    if (!out.empty())
      out += ',';
    out += ref.id.value + ':' + std::to_string(ref.store.value);
  }
  return out;
}

bool parse_number(std::string_view text, uint64_t& out) {
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, out);
  return ec == std::errc{} && end == last;
}

bool parse_refs(std::string_view text, std::vector<replica_ref>& out) {
  while (!text.empty()) {
    auto end = text.find(',');
    auto one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{}
                                         : text.substr(end + 1);
    auto colon = one.rfind(':');
    uint64_t store = 0;
    if (colon == std::string_view::npos || colon == 0
        || !parse_number(one.substr(colon + 1), store))
      return false;
    out.push_back(
      {machine_id{std::string{one.substr(0, colon)}}, store_id{store}});
  }
  return true;
}

error damaged(std::string_view what, const std::string& field) {
  return error{errc::corrupt,
               std::string{what}
                 + " in the coordinator has a malformed field: " + field};
}

} // namespace

std::string to_text(const assignment& x) {
  return line("term", x.of.value) + line("primary", x.primary.value)
         + line("primary_run", x.primary_run.value)
         + line("in_sync", join_refs(x.in_sync))
         + line("learners", join_refs(x.learners))
         + line("writer", x.writer.value);
}

result<assignment> parse_assignment(shard_id shard, std::string_view text,
                                    epoch at) {
  assignment out;
  out.shard = shard;
  out.at = at;
  auto bad = each_line(text, [&](std::string_view name, std::string_view v) {
    if (name == "term")
      return parse_number(v, out.of.value);
    if (name == "primary")
      out.primary.value = v;
    else if (name == "primary_run")
      return parse_number(v, out.primary_run.value);
    else if (name == "in_sync")
      return parse_refs(v, out.in_sync);
    else if (name == "learners")
      return parse_refs(v, out.learners);
    else if (name == "writer")
      return parse_number(v, out.writer.value);
    return true;
  });
  if (!bad.empty() || out.in_sync.empty())
    return damaged("the assignment of shard " + std::to_string(shard.value),
                   bad);
  if (out.of == term{} && out.primary != machine_id{})
    out.of = term{at.value};
  return out;
}

std::string to_text(const member& x) {
  return line("id", x.who.id.value) + line("incarnation", x.who.run.value)
         + line("store", x.store.value) + line("host", x.host)
         + line("port", x.port) + line("http", x.http) + line("role", x.role)
         + line("rack", x.rack) + line("pid", static_cast<uint64_t>(x.pid))
         + line("switch", x.behind.value);
}

result<member> parse_member(std::string_view text) {
  member out;
  uint64_t number = 0;
  auto bad = each_line(text, [&](std::string_view name, std::string_view v) {
    if (name == "id")
      out.who.id.value = v;
    else if (name == "incarnation")
      return parse_number(v, out.who.run.value);
    else if (name == "store")
      return parse_number(v, out.store.value);
    else if (name == "host")
      out.host = v;
    else if (name == "http")
      out.http = v;
    else if (name == "role")
      out.role = v;
    else if (name == "rack")
      out.rack = v;
    else if (name == "switch")
      out.behind.value = v;
    else if (name == "port" || name == "pid") {
      if (!parse_number(v, number))
        return false;
      if (name == "port")
        out.port = static_cast<uint16_t>(number);
      else
        out.pid = static_cast<int64_t>(number);
    }
    return true;
  });
  if (!bad.empty() || out.who.id == machine_id{} || out.who.run.value == 0)
    return damaged("a member", bad);
  return out;
}

} // namespace muster
