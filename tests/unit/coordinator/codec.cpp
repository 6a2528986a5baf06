// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/base64.hpp"
#include "runtime/coordinator/etcd_codec.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace muster;

TEST_CASE("base64 is RFC 4648's", "[codec]") {
  CHECK(base64_encode("").empty());
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  for (auto bad : {"Z", "Zg=", "Zh==", "Z===", "Zg==Zg==", "Z g=", "===="})
    CHECK_FALSE(base64_decode(bad));
}

TEST_CASE("base64 gives back any bytes", "[codec]") {
  CHECK(rc::check([](const std::string& x) {
    RC_ASSERT(base64_decode(base64_encode(x)) == x);
  }));
}

TEST_CASE("the end of a prefix is the next key outside", "[codec]") {
  CHECK(etcd::end_of_prefix("/a") == "/b");
  CHECK(etcd::end_of_prefix("a\xff\xff") == "b");
  CHECK(etcd::end_of_prefix("\xff") == std::string(1, '\0'));
  CHECK(etcd::end_of_prefix("") == std::string(1, '\0'));
}

TEST_CASE("a transaction that failed has no succeeded field", "[codec]") {
  auto x = etcd::decode_txn(R"({"header":{"revision":"7"}})");
  REQUIRE(x);
  CHECK_FALSE(x->succeeded);
  CHECK(x->revision == 7);
}

TEST_CASE("a lease that ended has no TTL field", "[codec]") {
  CHECK(etcd::decode_keep_alive(
          R"({"result":{"header":{"revision":"7"},"ID":"5"}})")
        == 0);
  CHECK(etcd::decode_keep_alive(
          R"({"result":{"header":{"revision":"7"},"ID":"5","TTL":"3"}})")
        == 3);
}

TEST_CASE("what is not etcd's is no answer", "[codec]") {
  for (auto text : {"", "{", "[]", "null", "{}", R"({"header":{}})",
                    R"({"header":{"revision":"x"}})",
                    R"({"header":{"revision":"-1"}})", R"({"header":7})",
                    R"({"header":{"revision":"99999999999999999999"}})"}) {
    CHECK_FALSE(etcd::decode_range(text));
    CHECK_FALSE(etcd::decode_txn(text));
    CHECK_FALSE(etcd::decode_keep_alive(text));
    CHECK_FALSE(etcd::decode_grant(text));
    CHECK_FALSE(etcd::decode_login(text));
    CHECK(etcd::decode_watch(text) == etcd::watch_line::ended);
    CHECK(etcd::react_to(etcd::decode_refusal(text))
          == etcd::reaction::in_doubt);
  }
  for (auto kvs : {"7", "[7]", "[{}]", R"([{"key":"!","mod_revision":"1"}])"}) {
    auto text = R"({"header":{"revision":"7"},"kvs":)" + std::string{kvs} + "}";
    CHECK_FALSE(etcd::decode_range(text));
  }
}

TEST_CASE("refusals that prove nothing leave a transaction in doubt",
          "[codec]") {
  auto at = [](int code, std::string message) {
    return etcd::react_to({code, std::move(message)});
  };
  using etcd::reaction;
  CHECK(at(14, "etcdserver: request timed out") == reaction::in_doubt);
  CHECK(at(14, "etcdserver: leader changed") == reaction::in_doubt);
  CHECK(at(8, "etcdserver: mvcc: database space exceeded")
        == reaction::in_doubt);
  CHECK(at(8, "etcdserver: too many requests") == reaction::try_later);
  CHECK(at(16, "etcdserver: invalid auth token") == reaction::log_in);
  CHECK(at(3, "etcdserver: user name is empty") == reaction::log_in);
  CHECK(at(3, "etcdserver: authentication failed, invalid user ID or password")
        == reaction::give_up_denied);
  CHECK(at(7, "etcdserver: permission denied") == reaction::give_up_denied);
  CHECK(at(3, "etcdserver: request is too large") == reaction::give_up_invalid);
  CHECK(at(5, "etcdserver: requested lease not found")
        == reaction::lease_ended);
}

TEST_CASE("errors of streams are nested", "[codec]") {
  auto x = etcd::decode_refusal(
    R"({"error":{"grpc_code":16,"http_code":401,"message":"why"}})");
  CHECK(x.code == 16);
  CHECK(x.message == "why");
}
