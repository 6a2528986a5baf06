// SPDX-License-Identifier: Apache-2.0
#include "runtime/endpoint/endpoint_file.hpp"

#include "runtime/pki/files.hpp"
#include "runtime/pki/pki.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace muster {

namespace {

constexpr const char* endpoint_name = "endpoint.json";
constexpr const char* pid_name = "pid";
constexpr const char* token_name = "token";

constexpr mode_t for_all = 0644;
constexpr mode_t for_owner = 0600;
constexpr mode_t others = 0077;

std::string contents(std::ifstream& in) {
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool is_token(const std::string& x) {
  return !x.empty()
         && x.find_first_not_of(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
              "abcdefghijklmnopqrstuvwxyz"
              "0123456789-._~+/=")
              == std::string::npos;
}

} // namespace

status write_endpoint(const std::filesystem::path& data_dir,
                      const endpoint& x) {
  nlohmann::ordered_json out{
    {"id", x.id.value}, {"pid", x.pid}, {"http", x.http}, {"peer", x.peer}};
  return pki::write_file(data_dir / endpoint_name, out.dump() + "\n", for_all);
}

result<endpoint> read_endpoint(const std::filesystem::path& data_dir) {
  auto file = data_dir / endpoint_name;
  std::ifstream in{file};
  if (!in)
    return error{errc::not_found, "there is no " + file.string()};
  auto parsed = nlohmann::json::parse(in, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("http")
      || !parsed["http"].is_string() || !parsed["id"].is_string()
      || !parsed["peer"].is_string() || !parsed["pid"].is_number_integer())
    return error{errc::corrupt, file.string() + " is damaged"};
  endpoint out;
  out.id.value = parsed["id"];
  out.pid = parsed["pid"];
  out.http = parsed["http"];
  out.peer = parsed["peer"];
  return out;
}

status write_pid(const std::filesystem::path& data_dir, int64_t pid) {
  return pki::write_file(data_dir / pid_name, std::to_string(pid) + "\n",
                         for_all);
}

void remove_endpoint(const std::filesystem::path& data_dir) {
  std::error_code ignored;
  std::filesystem::remove(data_dir / endpoint_name, ignored);
}

void remove_pid(const std::filesystem::path& data_dir) {
  std::error_code ignored;
  std::filesystem::remove(data_dir / pid_name, ignored);
}

result<std::string> make_token(const std::filesystem::path& data_dir) {
  auto file = data_dir / token_name;
  if (std::error_code ec; std::filesystem::exists(file, ec))
    return read_token(file);
  auto made = pki::random_token();
  if (!made)
    return made.failure();
  auto written = pki::write_file(file, *made + "\n", for_owner);
  if (!written)
    return written.failure();
  return made;
}

result<std::string> read_token(const std::filesystem::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0)
    return error{errc::not_found, "there is no token in " + file.string()};
  if ((about.st_mode & others) != 0)
    return error{errc::denied, "others may read the token " + file.string()
                                 + ": chmod 600, and make a new one"};
  std::ifstream in{file};
  auto text = contents(in);
  if (text.ends_with('\n'))
    text.pop_back();
  if (!is_token(text))
    return error{errc::corrupt, file.string() + " does not hold a token"};
  return text;
}

} // namespace muster
