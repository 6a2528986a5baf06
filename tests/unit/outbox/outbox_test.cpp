// SPDX-License-Identifier: Apache-2.0
#include "runtime/outbox/batch.hpp"
#include "runtime/outbox/outbox.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace muster;

namespace {

struct fixture {
  outbox_options options{.bytes_max = 1000,
                         .packets_max = 10,
                         .batch_bytes = 100,
                         .payload_bytes_max = 2000,
                         .header_bytes = 16};

  /// The payloads of the next batch.
  static std::vector<std::string> take(outbox& uut, size_t header = 16) {
    std::string batch;
    std::vector<std::string> payloads;
    if (!uut.take(batch))
      return payloads;
    REQUIRE(is_batch(std::string_view{batch}.substr(header)));
    batch_reader reader{std::string_view{batch}.substr(header)};
    while (reader.next())
      payloads.emplace_back(reader.payload());
    return payloads;
  }
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(fixture, "outbox: closed until it is opened") {
  outbox uut{options};
  CHECK(uut.push(1, "a") == push_result::closed);
  uut.open();
  CHECK(uut.push(1, "a") == push_result::queued_wake);
  CHECK(uut.close() == 1);
  CHECK(uut.push(1, "a") == push_result::closed);
  CHECK(uut.bytes() == 0);
}

TEST_CASE_METHOD(fixture, "outbox: one wake-up a burst") {
  outbox uut{options};
  uut.open();
  CHECK(uut.push(1, "a") == push_result::queued_wake);
  CHECK(uut.push(1, "b") == push_result::queued);
  CHECK(take(uut) == strings{"a", "b"});
  CHECK(uut.push(1, "c") == push_result::queued);
  CHECK(take(uut) == strings{"c"});
  CHECK(take(uut).empty());
  CHECK(uut.push(1, "d") == push_result::queued_wake);
}

TEST_CASE_METHOD(fixture, "outbox: a reopened one wakes again") {
  outbox uut{options};
  uut.open();
  uut.push(1, "lost");
  uut.close();
  uut.open();
  CHECK(uut.push(1, "a") == push_result::queued_wake);
  CHECK(take(uut) == strings{"a"});
}

TEST_CASE_METHOD(fixture, "outbox: batches end at the batch size") {
  outbox uut{options};
  uut.open();
  std::string half(44, 'x'); // with its header half a batch
  for (int i = 0; i < 3; ++i)
    uut.push(1, half);
  CHECK(take(uut).size() == 2);
  CHECK(take(uut).size() == 1);
}

TEST_CASE_METHOD(fixture, "outbox: a large packet has a batch of its own") {
  outbox uut{options};
  uut.open();
  uut.push(1, "a");
  uut.push(1, std::string(500, 'x'));
  uut.push(1, "b");
  CHECK(take(uut) == strings{"a"});
  CHECK(take(uut) == strings{std::string(500, 'x')});
  CHECK(take(uut) == strings{"b"});
}

TEST_CASE_METHOD(fixture, "outbox: full at the byte limit, usable after") {
  outbox uut{options};
  uut.open();
  CHECK(uut.push(1, std::string(494, 'x')) == push_result::queued_wake);
  CHECK(uut.push(1, std::string(494, 'x')) == push_result::queued);
  CHECK(uut.bytes() == 1000);
  CHECK(uut.push(1, "") == push_result::full);
  take(uut);
  CHECK(uut.push(1, "") == push_result::queued);
}

TEST_CASE_METHOD(fixture, "outbox: full at the packet limit") {
  outbox uut{options};
  uut.open();
  for (int i = 0; i < 10; ++i)
    uut.push(1, "x");
  CHECK(uut.push(1, "x") == push_result::full);
}

TEST_CASE_METHOD(fixture, "outbox: larger than the outbox passes alone") {
  outbox uut{options};
  uut.open();
  CHECK(uut.push(1, std::string(2000, 'x')) == push_result::queued_wake);
  CHECK(uut.push(1, "a") == push_result::full);
  CHECK(uut.push(1, std::string(2001, 'x')) == push_result::too_large);
}

TEST_CASE("batch: garbage is no batch") {
  std::string batch;
  CHECK_FALSE(is_batch(batch));
  append_packet(batch, 7, "abc");
  append_packet(batch, 8, "");
  CHECK(is_batch(batch));
  for (size_t cut = 1; cut < batch.size(); ++cut) {
    auto whole_packet = cut == packet_overhead_bytes + 3;
    CHECK(is_batch(std::string_view{batch}.substr(0, cut)) == whole_packet);
  }
  store_le(batch.data() + 2, 0xffffffff, 4);
  CHECK_FALSE(is_batch(batch));
}

TEST_CASE("outbox: many threads, one drainer, each thread's order kept") {
  constexpr uint32_t threads = 3;
  constexpr uint32_t each = 20'000;
  outbox uut{{.header_bytes = 0}};
  uut.open();
  std::atomic<uint32_t> wakes{0};
  std::vector<std::thread> writers;
  for (uint32_t id = 0; id < threads; ++id)
    writers.emplace_back([&, id] {
      for (uint32_t i = 0; i < each; ++i) {
        char bytes[4];
        store_le(bytes, i, 4);
        if (uut.push(static_cast<uint16_t>(id), {bytes, 4})
            == push_result::queued_wake)
          wakes.fetch_add(1);
      }
    });
  std::vector<uint32_t> next(threads, 0);
  uint32_t total = 0;
  auto ordered = true;
  std::string batch;
  while (total < threads * each) {
    // The drainer runs only after a wake-up, as in the transport.
    if (wakes.load() == 0) {
      std::this_thread::yield();
      continue;
    }
    wakes.fetch_sub(1);
    while (uut.take(batch))
      for (batch_reader reader{batch}; reader.next(); ++total)
        ordered = ordered
                  && load_le(reader.payload().data(), 4)
                       == next[reader.tag()]++;
  }
  for (auto& writer : writers)
    writer.join();
  CHECK(ordered);
  CHECK(uut.bytes() == 0);
}
