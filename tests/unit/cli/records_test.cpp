// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::testing::cli_fixture;
using muster::testing::has;

TEST_CASE_METHOD(cli_fixture, "cli: put, get, ls, del") {
  serve();
  CHECK(muster({"put", "/a/b", "one", "-o", "json"}) == 0);
  CHECK(out
        == R"({"outcome":"committed","version":1,"command":"m1.7.1"})"
           "\n");
  CHECK(muster({"get", "/a/b"}) == 0);
  CHECK(out == "one");
  CHECK(muster({"get", "/a/b", "-o", "json", "--confirmed"}) == 0);
  CHECK(has(out, R"({"key":"/a/b","value":"one","version":1,"epoch":3,)"
                 R"("served_by":"m1","served_from":"primary"})"));
  CHECK(muster({"ls", "/a/", "-o", "json"}) == 0);
  CHECK(has(out, R"([{"key":"/a/b",)"));
  CHECK(muster({"ls", "/a"}) == 0);
  CHECK(has(out, "/a/b  1        m1         copy  one"));
  CHECK(muster({"del", "/a/b"}) == 0);
  CHECK(muster({"get", "/a/b"}) == 3);
  CHECK(out.empty());
  CHECK(has(err, "muster: get /a/b on m1"));
  CHECK(has(err, "applied: no"));
}

TEST_CASE_METHOD(cli_fixture, "cli: a guard that does not hold exits with 4") {
  serve();
  CHECK(muster({"put", "/a", "1", "--if-absent"}) == 0);
  CHECK(muster({"put", "/a", "2", "--if-absent"}) == 4);
  CHECK(muster({"put", "/a", "2", "--if-version", "7", "-o", "json"}) == 4);
  CHECK(has(out, R"("outcome":"refused")"));
  CHECK(has(err, R"("applied":"no")"));
  CHECK(muster({"put", "/a", "2", "--if-version", "1"}) == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: an unknown outcome exits with 6") {
  node.answer_as = muster::outcome::unknown;
  serve();
  CHECK(muster({"put", "/a", "1"}) == 6);
  CHECK(has(err, "applied: unknown"));
}

TEST_CASE_METHOD(cli_fixture, "cli: wrong keys are told before anything") {
  CHECK(muster({"put", "a", "1"}) == 2);
  CHECK(has(err, "a key begins with '/'"));
  CHECK(muster({"put", "/a\xFF", "1"}) == 2);
  CHECK(has(err, "not valid UTF-8"));
  CHECK(muster({"get", "/" + std::string(1024, 'k')}) == 2);
  CHECK(has(err, "the limit is 1024"));
  CHECK(muster({"ls", "//"}) == 2);
}

TEST_CASE_METHOD(cli_fixture, "cli: a wrong token exits with 7") {
  serve();
  folder.write("m1/data/token", "wrong\n");
  CHECK(muster({"put", "/a", "1"}) == 7);
  CHECK(has(err, "denied"));
  ::chmod((folder.path / "m1/data/token").c_str(), 0644);
  CHECK(muster({"put", "/a", "1"}) == 7);
  CHECK(has(err, "others may read"));
}

TEST_CASE_METHOD(cli_fixture, "cli: who cannot be found or reached") {
  CHECK(muster({"get", "/a"}) == 3);
  CHECK(has(err, "there is no cluster in"));
  serve();
  CHECK(muster({"get", "/a", "--machine", "m9"}) == 3);
  CHECK(has(err, "it has m1"));
  served->stop();
  CHECK(muster({"put", "/a", "1"}) == 5);
  CHECK(has(err, "applied: no"));
}

TEST_CASE_METHOD(cli_fixture, "cli: a version is a whole number from 0 on") {
  serve();
  for (auto text : {"-1", "1.5", "x", "", "18446744073709551616"}) {
    CHECK(muster({"put", "/a", "1", "--if-version", text}) == 2);
    CHECK(muster({"del", "/a", std::string{"--if-version="} + text}) == 2);
  }
  CHECK(muster({"put", "/a", "1", "--if-version", "0"}) == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: the next command goes to the same place") {
  auto dir = " --dir " + folder.path.string();
  CHECK(muster({"get", "/a"}) == 3);
  CHECK(has(err, "next:    muster up" + dir));
  CHECK(muster({"down"}) == 3);
  CHECK(has(err, "next:    muster down --dir"));
  CHECK(muster({"put", "a", "1"}) == 2);
  CHECK(has(err, "next:    muster put --help"));
  serve();
  CHECK(muster({"get", "/a"}) == 3);
  CHECK(has(err, "next:    muster ls /" + dir));
  CHECK(muster({"get", "/a", "--machine", "m9"}) == 3);
  CHECK(has(err, "next:    muster status" + dir));
  CHECK(muster({"explain", "m1.7.9"}) == 3);
  CHECK(has(err, "next:    muster commands" + dir));
  CHECK(muster({"unmirror", "/a"}) == 3);
  CHECK(has(err, "next:    name the machine that pins it: --machine"));
  CHECK(muster({"put", "/a b", "1", "--if-version", "7"}) == 4);
  CHECK(has(err, "next:    muster get '/a b' --confirmed" + dir));
  CHECK(muster({"up", "--machines", "0"}) == 2);
  CHECK(has(err, "next:    muster up --help"));
  served->stop();
  CHECK(muster({"put", "/a", "1"}) == 5);
  CHECK(has(err, "next:    muster"));
  auto address = "127.0.0.1:" + std::to_string(port());
  CHECK(muster({"get", "/a", "--address", address}) == 5);
  CHECK(has(err, "muster doctor --address " + address));
}

TEST_CASE_METHOD(cli_fixture, "cli: --timeout bounds a read") {
  node.hold_reads = true;
  serve();
  CHECK(muster({"get", "/a", "--timeout", "50ms"}) == 5);
  CHECK(muster({"get", "/a", "--timeout", "soon"}) == 2);
}

TEST_CASE_METHOD(cli_fixture, "cli: --address and --token-file") {
  serve();
  auto address = "127.0.0.1:" + std::to_string(port());
  auto token = folder.write("other-token", "secret\n");
  CHECK(muster({"put", "/a", "1", "--address", address}) == 7);
  CHECK(muster({"put", "/a", "1", "--address", address, "--token-file", token})
        == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: usage errors exit with 2, help with 0") {
  CHECK(muster({"frobnicate"}) == 2);
  CHECK(muster({"get"}) == 2);
  CHECK(muster({"get", "/a", "-o", "xml"}) == 2);
  CHECK(muster({"--help"}) == 0);
  CHECK(has(out, "mirror"));
}
