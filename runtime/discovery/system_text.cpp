// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/system_text.hpp"

#include <algorithm>
#include <charconv>

namespace muster {

namespace {

constexpr std::string_view blanks = " \t\n";

/// The next word of `text`, which loses it; empty at its end.
std::string_view take_word(std::string_view& text) {
  auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return text = {};
  text.remove_prefix(begin);
  auto out = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(out.size());
  return out;
}

std::string_view take_line(std::string_view& text) {
  auto end = std::min(text.find('\n'), text.size());
  auto out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

template <class T>
std::optional<T> number_of(std::string_view x, int base = 10) {
  T out{};
  auto last = x.data() + x.size();
  auto [end, ec] = std::from_chars(x.data(), last, out, base);
  if (ec != std::errc{} || end != last)
    return std::nullopt;
  return out;
}

/// `\040` is a blank.
std::string unescaped(std::string_view x) {
  std::string out;
  while (!x.empty()) {
    auto code = x.starts_with('\\') && x.size() >= 4
                  ? number_of<uint32_t>(x.substr(1, 3), 8)
                  : std::nullopt;
    out.push_back(code && *code < 256 ? static_cast<char>(*code) : x.front());
    x.remove_prefix(code ? 4 : 1);
  }
  return out;
}

bool is_device_number(std::string_view x) {
  auto colon = x.find(':');
  return colon != std::string_view::npos
         && number_of<uint32_t>(x.substr(0, colon))
         && number_of<uint32_t>(x.substr(colon + 1));
}

bool has_option(std::string_view options, std::string_view wanted) {
  return ("," + std::string{options} + ",")
           .find("," + std::string{wanted} + ",")
         != std::string::npos;
}

/// 36 35 98:0 /part /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=x
std::optional<mount_entry> parse_mount(std::string_view line) {
  auto rest = line;
  take_word(rest);
  take_word(rest);
  mount_entry out;
  out.device = take_word(rest);
  auto part = take_word(rest);
  out.directory = unescaped(take_word(rest));
  auto options = take_word(rest);
  for (auto word = take_word(rest); word != "-"; word = take_word(rest))
    if (word.empty())
      return std::nullopt;
  out.type = take_word(rest);
  take_word(rest);
  auto of_system = take_word(rest);
  if (!is_device_number(out.device) || !out.directory.starts_with('/')
      || of_system.empty())
    return std::nullopt;
  out.whole = part == "/";
  out.writable = has_option(options, "rw") && has_option(of_system, "rw");
  return out;
}

} // namespace

std::optional<uint64_t> parse_system_number(std::string_view text) {
  auto word = take_word(text);
  return take_word(text).empty() ? number_of<uint64_t>(word) : std::nullopt;
}

std::vector<mount_entry> parse_mounts(std::string_view text) {
  std::vector<mount_entry> out;
  while (!text.empty())
    if (auto x = parse_mount(take_line(text)))
      out.push_back(std::move(*x));
  return out;
}

std::optional<cpu_times> parse_cpu_times(std::string_view text) {
  // user nice system idle iowait irq softirq steal; guests are in user.
  constexpr size_t columns = 8;
  constexpr size_t idle = 3;
  constexpr size_t waiting = 4;
  auto line = take_line(text);
  if (take_word(line) != "cpu")
    return std::nullopt;
  cpu_times out;
  for (size_t i = 0; i < columns; ++i) {
    auto x = number_of<uint64_t>(take_word(line));
    if (!x)
      return std::nullopt;
    out.total += *x;
    out.busy += i == idle || i == waiting ? 0 : *x;
  }
  return out;
}

std::optional<uint32_t> parse_pressure(std::string_view text) {
  constexpr std::string_view name = "avg10=";
  auto line = take_line(text);
  if (take_word(line) != "some")
    return std::nullopt;
  auto word = take_word(line);
  auto point = word.find('.');
  if (!word.starts_with(name) || point == std::string_view::npos
      || word.size() != point + 3)
    return std::nullopt;
  auto percent
    = number_of<uint32_t>(word.substr(name.size(), point - name.size()));
  auto hundredths = number_of<uint32_t>(word.substr(point + 1));
  if (!percent || !hundredths || *percent > 100)
    return std::nullopt;
  return std::min<uint32_t>(1000, *percent * 10 + *hundredths / 10);
}

std::optional<uint64_t> parse_busy_milliseconds(std::string_view text) {
  constexpr size_t before = 9;
  auto line = take_line(text);
  for (size_t i = 0; i < before; ++i)
    if (!number_of<uint64_t>(take_word(line)))
      return std::nullopt;
  return number_of<uint64_t>(take_word(line));
}

std::optional<std::string> parse_uevent(std::string_view text,
                                        std::string_view name) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (line.size() > name.size() + 1 && line.starts_with(name)
        && line[name.size()] == '=')
      return std::string{line.substr(name.size() + 1)};
  }
  return std::nullopt;
}

bool is_gpu(std::string_view pci_class, std::string_view vendor) {
  // Without the newline.
  auto kind = take_word(pci_class).substr(0, 6);
  auto maker = take_word(vendor);
  auto known = maker == "0x10de" || maker == "0x1002"; // NVIDIA, AMD
  // 3D controllers and accelerators always; displays may be of a console.
  return kind == "0x0302" || kind == "0x1200"
         || (known && (kind == "0x0300" || kind == "0x0380"));
}

} // namespace muster
