// SPDX-License-Identifier: Apache-2.0
#include "cli/backup_file.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace muster::cli;
using muster::testing::cli_fixture;
using muster::testing::has;

namespace {

std::string backup_of(const std::vector<loaded_record>& records) {
  std::ostringstream out;
  backup_writer writer{out, {4, "2026-11-23T00:00:00Z"}};
  for (auto& x : records)
    writer.add(x);
  writer.finish();
  return out.str();
}

muster::status read(const std::string& bytes,
                    std::vector<loaded_record>* out = nullptr) {
  std::istringstream in{bytes};
  return read_backup(in, [&](size_t, loaded_record x) {
    if (out != nullptr)
      out->push_back(std::move(x));
    return true;
  });
}

std::string bytes_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("backup_file: what was written comes back") {
  std::vector<loaded_record> found;
  REQUIRE(read(backup_of({{"/a", "x"}, {"/b/c", {"\xFF\0\n", 3}}}), &found));
  REQUIRE(found.size() == 2);
  CHECK(found[0].value == "x");
  CHECK(found[1].value == std::string("\xFF\0\n", 3));
}

TEST_CASE("backup_file: any cut and any changed byte is found") {
  auto whole = backup_of({{"/a", "first"}, {"/b", "second"}, {"/c", "third"}});
  for (size_t i = 0; i < whole.size(); ++i)
    CHECK_FALSE(read(whole.substr(0, i)));
  for (size_t i = 0; i < whole.size(); ++i) {
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CAPTURE(i);
    CHECK_FALSE(read(changed));
  }
  for (auto head : {R"({"muster_backup":1,"shards":"x"})", R"({"records":1})",
                    R"({"muster_backup":[]})", "[]", "1"})
    CHECK_FALSE(read(head + std::string{"\n{\"records\":\"x\"}\n"}));
  CHECK_FALSE(read(whole + "\n"));
  CHECK_FALSE(read(std::string(9 * 1024 * 1024, 'x')));
}

TEST_CASE("backup_file: another file and another version are told") {
  CHECK(has(read("{\"key\":\"/a\",\"value\":1}\n").failure().message,
            "not a backup"));
  CHECK(has(read("{\"muster_backup\":2}\n").failure().message, "version 2"));
}

TEST_CASE_METHOD(cli_fixture, "backup: all records, there and back") {
  serve();
  std::string lines;
  for (int i = 0; i < 300; ++i)
    lines += R"({"key":"/m/)" + std::to_string(i) + R"(","value":"v"})" + "\n";
  lines += R"({"key":"/raw","value_base64":"/wA="})";
  REQUIRE(muster({"load", folder.write("lines", lines)}) == 0);
  auto file = (folder.path / "kept").string();
  CHECK(muster({"backup", "create", file}) == 0);
  CHECK(has(out, "301 records in"));
  auto before = bytes_of(file);

  CHECK(muster({"backup", "create", file}) == 2); // it is there
  CHECK(bytes_of(file) == before);

  CHECK(muster({"backup", "restore", file}) == 4);
  CHECK(has(err, "--merge"));
  CHECK(muster({"del", "/raw"}) == 0);
  CHECK(muster({"put", "/m/7", "other"}) == 0);
  CHECK(muster({"backup", "restore", file, "--merge", "-o", "json"}) == 0);
  CHECK(has(out, R"("records":301)"));
  CHECK(muster({"get", "/m/7"}) == 0);
  CHECK(out == "v");
  CHECK(muster({"get", "/raw"}) == 0);
  CHECK(out == std::string("\xFF\0", 2));
}

TEST_CASE_METHOD(cli_fixture, "backup: a damaged file changes nothing") {
  serve();
  auto bytes = backup_of({{"/a", "x"}, {"/b", "y"}});
  bytes.resize(bytes.size() - 5);
  CHECK(muster({"backup", "restore", folder.write("cut", bytes)}) == 1);
  CHECK(has(err, "line 4"));
  CHECK(node.list("/", {})->empty());
}
