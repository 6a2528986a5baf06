// SPDX-License-Identifier: Apache-2.0
#include "runtime/pki/pki.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace muster;
using namespace muster::pki;
namespace fs = std::filesystem;
using std::chrono::days;

namespace {

struct fixture {
  fixture() {
    fs::remove_all(folder);
    REQUIRE(create_ca(folder, {.cluster_id = "test"}));
  }

  ~fixture() {
    fs::remove_all(folder);
  }

  status issue(const std::string& id, days valid = days{825}) {
    return issue_certificate(folder, folder,
                             {.machine = id, .hosts = {}, .valid = valid});
  }

  certificate_report report(const std::string& id) {
    auto x = check_certificate(folder / (id + ".pem"), folder / "ca.pem");
    REQUIRE(x);
    return *x;
  }

  static fs::perms mode(const fs::path& path) {
    return fs::status(path).permissions();
  }

  static std::string content(const fs::path& path) {
    std::stringstream out;
    out << std::ifstream{path}.rdbuf();
    return out.str();
  }

  /// So many days, less what has passed since.
  static bool nearly(days left, int valid) {
    return left == days{valid} || left == days{valid - 1};
  }

  const fs::path folder = fs::temp_directory_path()
                          / ("muster-pki-" + std::to_string(getpid()));
};

constexpr auto private_mode = fs::perms::owner_read | fs::perms::owner_write;

} // namespace

TEST_CASE_METHOD(fixture, "pki: an issued certificate is good") {
  REQUIRE(issue("m1"));
  auto x = report("m1");
  CHECK(x.machine == "m1");
  CHECK(nearly(x.left, 825));
  CHECK(x.good());
}

TEST_CASE_METHOD(fixture, "pki: only the owner can read keys") {
  REQUIRE(issue("m1"));
  CHECK(mode(folder / "ca.key") == private_mode);
  CHECK(mode(folder / "m1.key") == private_mode);
  CHECK(mode(folder) == fs::perms::owner_all);
  fs::permissions(folder / "m1.key", fs::perms::others_read,
                  fs::perm_options::add);
  CHECK_FALSE(report("m1").key_is_private);
}

TEST_CASE_METHOD(fixture, "pki: renewing replaces key and certificate") {
  REQUIRE(issue("m1", days{1}));
  auto before = content(folder / "m1.key");
  CHECK(nearly(report("m1").left, 1));
  REQUIRE(issue("m1"));
  CHECK(content(folder / "m1.key") != before);
  CHECK(report("m1").good());
  CHECK_FALSE(fs::exists(folder / "m1.key.new"));
}

TEST_CASE_METHOD(fixture, "pki: a certificate ends with its CA") {
  auto other = folder / "short";
  REQUIRE(create_ca(other, {.cluster_id = "", .valid = days{10}}));
  REQUIRE(issue_certificate(other, other, {.machine = "m1", .hosts = {}}));
  auto x = check_certificate(other / "m1.pem", other / "ca.pem");
  REQUIRE(x);
  CHECK(nearly(x->left, 10));
}

TEST_CASE_METHOD(fixture, "pki: another CA did not issue it") {
  auto other = folder / "other";
  REQUIRE(create_ca(other, {.cluster_id = "test"}));
  REQUIRE(issue("m1"));
  auto x = check_certificate(folder / "m1.pem", other / "ca.pem");
  REQUIRE(x);
  CHECK_FALSE(x->issued_by_ca);
  CHECK(x->current);
}

TEST_CASE_METHOD(fixture, "pki: a key of another certificate does not fit") {
  REQUIRE(issue("m1"));
  REQUIRE(issue("m2"));
  fs::copy_file(folder / "m2.key", folder / "m1.key",
                fs::copy_options::overwrite_existing);
  CHECK_FALSE(report("m1").key_fits);
  fs::remove(folder / "m1.key");
  CHECK_FALSE(report("m1").good());
}

TEST_CASE_METHOD(fixture, "pki: a CA is never replaced") {
  auto before = content(folder / "ca.key");
  CHECK(create_ca(folder, {}).failure().code == errc::refused);
  CHECK(content(folder / "ca.key") == before);
}

TEST_CASE_METHOD(fixture,
                 "pki: names that could leave the folder are refused") {
  for (const auto* id :
       {"", "ca", "../m1", "a/b", ".m1", "-m1", "m1,DNS:evil", "m1\n"})
    CHECK(issue(id).failure().code == errc::invalid_argument);
  CHECK(issue(std::string(64, 'm')).failure().code == errc::invalid_argument);
  CHECK(issue(std::string(63, 'm')));
  certificate_options host{.machine = "m1", .hosts = {"x,IP:1.2.3.4"}};
  CHECK(issue_certificate(folder, folder, host).failure().code
        == errc::invalid_argument);
  host.hosts = {"db-1.example", "192.0.2.7", "2001:db8::1"};
  CHECK(issue_certificate(folder, folder, host));
  CHECK(issue("m1", days{0}).failure().code == errc::invalid_argument);
}

TEST_CASE_METHOD(fixture, "pki: missing and damaged files are told apart") {
  auto absent = issue_certificate(folder / "no", folder,
                                  {.machine = "m1", .hosts = {}});
  CHECK(absent.failure().code == errc::not_found);
  REQUIRE(issue("m1"));
  std::ofstream{folder / "m1.pem"} << "garbage";
  auto x = check_certificate(folder / "m1.pem", folder / "ca.pem");
  CHECK(x.failure().code == errc::corrupt);
  fs::copy_file(folder / "m1.key", folder / "ca.key",
                fs::copy_options::overwrite_existing);
  CHECK(issue("m2").failure().code == errc::corrupt);
}

TEST_CASE("pki: tokens are 64 hexadecimal digits, never twice the same") {
  auto a = random_token();
  auto b = random_token();
  REQUIRE((a && b));
  CHECK(a->size() == 64);
  CHECK(a->find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(*a != *b);
}
