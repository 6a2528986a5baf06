// SPDX-License-Identifier: Apache-2.0
#include "registry/utf8.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("utf8: texts of every sequence length are valid") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xC3\xA9"));
  CHECK(is_utf8("\xE2\x82\xAC"));
  CHECK(is_utf8("\xF0\x9F\x90\x91"));
}

TEST_CASE("utf8: what is not a shortest, complete form is refused") {
  CHECK_FALSE(is_utf8("\x80"));
  CHECK_FALSE(is_utf8("\xC0\xAF"));
  CHECK_FALSE(is_utf8("\xE0\x9F\xBF"));
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("cut \xE2\x82"));
}

TEST_CASE("utf8: bytes that could drive a terminal are not printed") {
  CHECK(printable("a\x1B[31mb\n") == "a?[31mb?");
  CHECK(printable("\xC2\x9B"
                  "x")
        == "?x");
  CHECK(printable("\xFF\xFE") == "??");
  CHECK(printable("abcdef", 4) == "abc\u2026");
  CHECK(printable("abcd", 4) == "abcd");
}
