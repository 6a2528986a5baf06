// SPDX-License-Identifier: Apache-2.0
#include "registry/policy.hpp"

#include "registry/key.hpp"
#include "registry/text_lines.hpp"
#include "registry/utf8.hpp"

#include <algorithm>

namespace muster {

namespace {

error broken(std::string rule) {
  return error{errc::invalid_argument, std::move(rule)};
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// A name that needs no escape in a key, a list or a log.
bool is_plain(const std::string& x, size_t bytes_max) {
  return !x.empty() && x.size() <= bytes_max
         && std::all_of(x.begin(), x.end(),
                        static_cast<bool (*)(char)>(is_plain));
}

status check_prefix(const std::string& x) {
  auto normal = normalize_prefix(x);
  if (!normal)
    return normal.failure();
  if (*normal != x)
    return broken("a policy's prefix is written " + *normal);
  if (covers(muster_prefix, x))
    return broken("no policy covers " + std::string{muster_prefix}
                  + ", where policies themselves are kept: one that names a "
                    "dead machine could not be removed without its delay");
  return ok();
}

status check_machines(const std::vector<machine_id>& xs) {
  if (xs.empty())
    return broken("a policy enlists at least one machine");
  if (xs.size() > policy_machines_max)
    return broken("a policy enlists at most "
                  + std::to_string(policy_machines_max)
                  + " machines: make two");
  for (auto i = xs.begin(); i != xs.end(); ++i) {
    if (!is_plain(i->value, machine_name_bytes_max))
      return broken("`" + i->value + "` is no machine's id, such as m5");
    if (std::find(xs.begin(), i, *i) != i)
      return broken(i->value + " is named twice");
  }
  return ok();
}

status check_reason(const std::string& x) {
  auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (x.empty())
    return broken("a policy has a reason, such as audit");
  if (x.size() > policy_reason_bytes_max)
    return broken("a reason has at most "
                  + std::to_string(policy_reason_bytes_max) + " bytes");
  if (!is_utf8(x) || std::any_of(x.begin(), x.end(), control))
    return broken("a reason is one line of UTF-8");
  return ok();
}

std::vector<machine_id> machines_in(std::string_view text) {
  std::vector<machine_id> out;
  while (!text.empty()) {
    auto end = text.find(',');
    out.emplace_back(std::string{text.substr(0, end)});
    text = end == std::string_view::npos ? std::string_view{}
                                         : text.substr(end + 1);
  }
  return out;
}

} // namespace

status check_policy(const policy& x) {
  if (!is_plain(x.name, policy_name_bytes_max))
    return broken("a policy's name has 1 to "
                  + std::to_string(policy_name_bytes_max)
                  + " letters, digits, dots, - and _");
  if (auto done = check_prefix(x.prefix); !done)
    return done;
  if (auto done = check_machines(x.machines); !done)
    return done;
  return check_reason(x.reason);
}

std::string policy_key(std::string_view name) {
  std::string out{policies_prefix};
  out += '/';
  out += name;
  return out;
}

std::string_view policy_name(std::string_view key) {
  if (key.size() <= policies_prefix.size() || !covers(policies_prefix, key))
    return {};
  return key.substr(policies_prefix.size() + 1);
}

std::string to_text(const policy& x) {
  auto out = "prefix=" + x.prefix + "\nenlist=";
  for (auto& id : x.machines)
    out += (out.back() == '=' ? "" : ",") + id.value;
  return out + "\nreason=" + x.reason + "\n";
}

result<policy> parse_policy(std::string_view name, std::string_view text) {
  policy out;
  out.name = name;
  auto damaged = [&](const std::string& why) {
    return error{errc::corrupt, "policy " + out.name + ": " + why};
  };
  auto bad = each_line(text, [&](std::string_view field, std::string_view v) {
    if (field == "prefix")
      out.prefix = v;
    else if (field == "enlist")
      out.machines = machines_in(v);
    else if (field == "reason")
      out.reason = v;
    return true;
  });
  if (!bad.empty())
    return damaged("a line without `=`: " + bad);
  if (auto checked = check_policy(out); !checked)
    return damaged(checked.failure().message);
  return out;
}

bool under_policy(std::string_view prefix, std::string_view key) {
  return covers(prefix, key) && !covers(muster_prefix, key);
}

std::vector<machine_id> unaware_of(const story& x,
                                   const std::vector<machine_id>& all) {
  std::vector<machine_id> out;
  for (auto& id : all) {
    auto acknowledged = [&](auto& p) {
      return p.who.id == id && p.acknowledged_after_ns >= 0 && !p.expelled;
    };
    if (std::none_of(x.participants.begin(), x.participants.end(),
                     acknowledged))
      out.push_back(id);
  }
  return out;
}

std::string title_of(const policy& x) {
  return x.name + ": " + x.reason;
}

} // namespace muster
