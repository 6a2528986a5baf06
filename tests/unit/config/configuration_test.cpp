// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/configuration.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

using namespace muster;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

/// A process with flags, an environment and a file.
struct config_fixture {
  std::map<std::string, std::string> variables;
  std::string toml;
  std::filesystem::path path
    = std::filesystem::temp_directory_path()
      / ("muster-" + std::to_string(std::random_device{}()) + ".toml");

  ~config_fixture() {
    std::filesystem::remove(path);
  }

  result<configuration> try_load(std::vector<std::string> flags = {}) {
    CLI::App app;
    config_loader loader{app};
    if (!toml.empty()) {
      std::ofstream{path} << toml;
      flags.insert(flags.begin(), {"--config", path.string()});
    }
    std::reverse(flags.begin(), flags.end()); // as CLI11 wants vectors
    app.parse(flags);
    return loader.load([this](const std::string& name) {
      auto i = variables.find(name);
      return i != variables.end() ? std::optional{i->second} : std::nullopt;
    });
  }

  configuration load(std::vector<std::string> flags = {}) {
    auto found = try_load(std::move(flags));
    if (!found)
      FAIL(found.failure().message);
    return *found;
  }

  std::string failure(std::vector<std::string> flags = {}) {
    auto found = try_load(std::move(flags));
    REQUIRE(!found);
    CHECK(found.failure().code == errc::invalid_argument);
    return found.failure().message;
  }
};

} // namespace

TEST_CASE_METHOD(config_fixture, "without anything there are the defaults") {
  auto x = load();
  CHECK(x.values == settings{});
  CHECK(x.origins.empty());
}

TEST_CASE_METHOD(config_fixture, "flags over environment over file") {
  struct {
    bool file, environment, flag;
    const char* value;
    option_source source;
  } rows[] = {
    {false, false, false, "", option_source::defaults},
    {true, false, false, "f", option_source::file},
    {false, true, false, "e", option_source::environment},
    {true, true, false, "e", option_source::environment},
    {false, false, true, "c", option_source::flag},
    {true, false, true, "c", option_source::flag},
    {false, true, true, "c", option_source::flag},
    {true, true, true, "c", option_source::flag},
  };
  for (auto& row : rows) {
    toml = row.file ? "rack = 'f'" : "";
    variables.clear();
    if (row.environment)
      variables["MUSTER_RACK"] = "e";
    auto x = row.flag ? load({"--rack", "c"}) : load();
    CHECK(x.values.process.rack == row.value);
    CHECK((x.origins.contains("rack") ? x.origins["rack"].source
                                      : option_source::defaults)
          == row.source);
  }
}

TEST_CASE_METHOD(config_fixture, "each kind of value from each source") {
  toml
    = "outbox_bytes_max = '32MiB'\nlisten_port = 7000\n"
      "coordinator = 'etcd'\netcd_endpoints = ['http://a:1', 'http://b:2']\n"
      "[cluster]\nlease = '3s'\n";
  variables = {{"MUSTER_INSECURE", "true"}, {"MUSTER_ROLE", "switch"}};
  auto x = load({"--cluster-lease-renewal", "250ms", "--log-level", "error"});
  CHECK(x.values.process.outbox_bytes_max == 32u * 1024 * 1024);
  CHECK(x.values.process.listen_port == 7000);
  CHECK(x.values.process.etcd_endpoints.size() == 2);
  CHECK(x.values.cluster.lease == 3s);
  CHECK(x.values.process.insecure);
  CHECK(x.values.process.role == machine_role::rack_switch);
  CHECK(x.values.cluster.lease_renewal == 250ms);
  CHECK(x.values.process.log_level == severity::error);
}

TEST_CASE_METHOD(config_fixture, "boolean flags need no value") {
  CHECK(load({"--insecure"}).values.process.insecure);
  variables = {{"MUSTER_INSECURE", "true"}};
  CHECK_FALSE(load({"--insecure=false"}).values.process.insecure);
}

TEST_CASE_METHOD(config_fixture, "errors name key, place and bound") {
  toml = "# comment\n\n[cluster]\nshard_count = 0\n";
  CHECK_THAT(failure(), Contains("cluster.shard_count") && Contains(".toml:4")
                          && Contains("within 1 to 4096"));
  toml = "[cluster]\nlease = '2 s'\n";
  CHECK_THAT(failure(), Contains(".toml:2") && Contains("500ms, 2s"));
  toml = "listen_port = 70000";
  CHECK_THAT(failure(), Contains("0 to 65535"));
  toml = "rack = 'a'\nrak = 'b'";
  CHECK_THAT(failure(), Contains(".toml:2") && Contains("'rak'"));
  toml = "rack = [";
  CHECK_THAT(failure(), Contains(".toml:1"));
  toml = "rack = ['a']";
  CHECK_THAT(failure(), Contains("wrong type"));
  toml.clear();
  variables = {{"MUSTER_OUTBOX_BYTES_MAX", "1GB"}};
  CHECK_THAT(failure(), Contains("MUSTER_OUTBOX_BYTES_MAX"));
  variables.clear();
  CHECK_THAT(failure({"--role", "king"}),
             Contains("--role") && Contains("machine, switch"));
}

TEST_CASE_METHOD(config_fixture, "options that contradict each other") {
  CHECK_THAT(failure({"--insecure", "--listen-host", "10.0.0.1"}),
             Contains("loopback"));
  CHECK_THAT(
    failure({"--cluster-replication", "2", "--cluster-min-copies", "3"}),
    Contains("min_copies"));
  CHECK_THAT(failure({"--cluster-lease", "1s"}), Contains("third"));
  CHECK_THAT(failure({"--coordinator", "etcd"}), Contains("etcd_endpoints"));
  CHECK_THAT(failure({"--cert-file", "a.pem"}), Contains("key_file"));
  CHECK_THAT(failure({"--role", "switch", "--switch", "s2"}),
             Contains("behind no other one"));
}

TEST_CASE_METHOD(config_fixture, "where to dial others, from each source") {
  using names = std::vector<std::string>;
  toml = "peer_via = ['m2=127.0.0.1:4102', 'm3=[::1]:4103']";
  names two{"m2=127.0.0.1:4102", "m3=[::1]:4103"};
  CHECK(load().values.process.peer_via == two);
  toml.clear();
  variables = {{"MUSTER_PEER_VIA", "m2=127.0.0.1:4102,m3=[::1]:4103"}};
  CHECK(load().values.process.peer_via == two);
  variables.clear();
  CHECK(
    load({"--peer-via", two[0], "--peer-via", two[1]}).values.process.peer_via
    == two);
}

TEST_CASE_METHOD(config_fixture, "where to dial others must be said once") {
  CHECK_THAT(failure({"--peer-via", "m2"}),
             Contains("peer_via") && Contains("m2=127.0.0.1:4102"));
  CHECK_THAT(failure({"--peer-via", "m2=a:1,m2=b:1"}),
             Contains("m2 twice") && Contains("leave one"));
}

TEST_CASE_METHOD(config_fixture, "one copy needs no second for a write") {
  CHECK(load({"--cluster-replication", "1"}).values.cluster.min_copies == 1);
}

TEST_CASE_METHOD(config_fixture, "a missing file is an error of the disk") {
  variables = {{"MUSTER_CONFIG", "/nowhere/muster.toml"}};
  auto found = try_load();
  REQUIRE(!found);
  CHECK(found.failure().code == errc::io);
}

TEST_CASE_METHOD(config_fixture, "secrets are shown nowhere") {
  variables = {{"MUSTER_ETCD_PASSWORD", "hunter2"}};
  auto x = load();
  CHECK(x.values.process.etcd_password == "hunter2");
  CHECK_THAT(x.render(), !Contains("hunter2"));
  CHECK_THAT(x.render(),
             Contains("(set)") && Contains("environment MUSTER_ETCD_PASSWORD"));
  variables = {{"MUSTER_ETCD_PASSWORD", std::string(2000, 'h')}};
  CHECK_THAT(failure(), !Contains("hhh"));
}

TEST_CASE("help has every option with variable and default") {
  CLI::App app;
  config_loader loader{app};
  auto help = app.help();
  for (auto& which : option_table()) {
    CHECK_THAT(help, Contains(which.flag()));
    CHECK_THAT(help, Contains(which.variable()));
  }
}

TEST_CASE("names are unique and defaults are within their bounds") {
  std::set<std::string> seen;
  for (auto& which : option_table()) {
    CHECK(seen.insert(which.flag()).second);
    settings x;
    auto text = which.print(x);
    INFO(which.name << " = " << text);
    CHECK(which.parse(x, text));
    CHECK(x == settings{});
  }
  CHECK(check(settings{}));
}

TEST_CASE("the hash tells every cluster option apart and no other") {
  std::set<uint64_t> seen{cluster_options{}.hash()};
  for (auto& which : option_table()) {
    settings x;
    if (!which.name.starts_with("cluster."))
      continue;
    REQUIRE(which.parse(x, which.format.unit == option_unit::duration ? "700ms"
                                                                      : "5"));
    CHECK(seen.insert(x.cluster.hash()).second);
  }
  // Known to other versions: a change of it parts a running cluster in two.
  CHECK(cluster_options{}.hash() == 0x9582d9f08e37fb03);
}
