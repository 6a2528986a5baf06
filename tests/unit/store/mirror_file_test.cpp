// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/mirror_file.hpp"
#include "tests/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace muster;

namespace {

struct mirrors_in_directory : testing::scratch_folder {
  std::string name = path / "mirrors";

  std::string text() const {
    std::ifstream in{name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  void overwrite(const std::string& text) const {
    std::ofstream{name} << text;
  }

  errc failure() const {
    auto got = read_mirrors(name);
    REQUIRE_FALSE(got);
    return got.failure().code;
  }
};

} // namespace

TEST_CASE("mirrors: what was written is read") {
  mirrors_in_directory x;
  const std::set<std::string> some{"/", "/machines", "/a b/c"};
  REQUIRE(write_mirrors(x.name, some));
  CHECK(*read_mirrors(x.name) == some);
  REQUIRE(write_mirrors(x.name, {}));
  CHECK(read_mirrors(x.name)->empty());
}

TEST_CASE("mirrors: without a file there are none") {
  mirrors_in_directory x;
  CHECK(read_mirrors(x.name)->empty());
}

TEST_CASE("mirrors: each flipped bit and each cut is noticed") {
  mirrors_in_directory x;
  REQUIRE(write_mirrors(x.name, {"/machines", "/x"}));
  const auto whole = x.text();
  for (size_t i = 0; i < whole.size(); ++i) {
    auto text = whole;
    text[i] = static_cast<char>(text[i] ^ 1);
    x.overwrite(text);
    CHECK(x.failure() == errc::corrupt);
    x.overwrite(whole.substr(0, i));
    CHECK(x.failure() == errc::corrupt);
  }
}

TEST_CASE("mirrors: a newer version is not guessed at") {
  mirrors_in_directory x;
  // With the checksum that it would have.
  x.overwrite("muster mirrors 2\n/a\nchecksum=37fc9c39f4786624\n");
  CHECK(x.failure() == errc::corrupt);
  x.overwrite("muster mirrors 1\n/a\nchecksum=ac0d2810eba84da4\n");
  CHECK(*read_mirrors(x.name) == std::set<std::string>{"/a"});
}

TEST_CASE("mirrors: what cannot be written is said") {
  CHECK(write_mirrors("/nowhere/mirrors", {"/a"}).failure().code == errc::io);
}
