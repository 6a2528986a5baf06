// SPDX-License-Identifier: Apache-2.0
#include "allocator/score.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

/// Machines for processing, which run. On average a GPU has four cores.
struct farm {
  world x;
  selector use{x.in};

  void add(const std::string& id, uint64_t cores, std::vector<int64_t> gpus) {
    x.put(id, {8000, 1000, 2, 0, "", {}});
    x.start(id, true);
    x.count(id, {counter_kind::cores, 0, {}},
            static_cast<int64_t>(cores * 1000));
    for (uint32_t i = 0; i < gpus.size(); ++i)
      x.count(id, {counter_kind::gpu, i, {}}, gpus[i]);
  }

  std::string best(const qos& w) {
    auto got = use.choose(w, {.how = effort::exact});
    REQUIRE(got);
    return got->front().machine.value;
  }
};

qos share(uint32_t permille, uint64_t cores) {
  return {.cores_permille = cores * 1000,
          .gpus = 1,
          .gpu_share_permille = permille,
          .best = objective::fit};
}

} // namespace

TEST_CASE("score: fit takes the GPU of which it leaves least") {
  farm f;
  f.add("a", 8, {1000, 1000});
  f.add("b", 8, {1000, 600});
  f.add("c", 8, {700, 650});
  CHECK(f.best(share(600, 1)) == "b");
  CHECK(f.best(share(620, 1)) == "c");
}

TEST_CASE("score: fit leaves no GPU without cores") {
  farm f;
  f.add("a", 4, {1000, 0}); // just enough cores for its GPU
  f.add("b", 8, {1000, 0});
  CHECK(f.best({.cores_permille = 4000}) == "b");
  // And takes cores where no GPU needs them, the tightest first.
  f.add("c", 5, {0, 0});
  f.add("d", 6, {0, 0});
  CHECK(f.best({.cores_permille = 4000}) == "c");
}

TEST_CASE("score: fit uses a GPU that is stranded already") {
  farm f;
  f.add("a", 8, {1000, 1000});
  f.add("b", 2, {1000, 1000}); // cores for half a GPU
  CHECK(f.best(share(1000, 1)) == "b");
}

TEST_CASE("score: spread takes the machine with most GPUs left") {
  farm f;
  f.add("a", 8, {1000, 100});
  f.add("b", 3, {600, 600});
  f.add("c", 8, {600, 600});
  auto w = share(500, 1);
  w.best = objective::spread;
  CHECK(f.best(w) == "c");
}

TEST_CASE("score: without GPUs fit and spread are about one column") {
  world x;
  for (auto [id, cores] : {std::pair{"a", 4000U}, {"b", 2000U}, {"c", 8000U}})
    x.put(id, {cores, 1000, 0, 0, "", {}});
  selector use{x.in};
  auto best = [&](objective which) {
    qos w{.cores_permille = 1000, .best = which};
    auto got = use.choose(w, {.how = effort::exact, .dry_run = true});
    REQUIRE(got);
    return got->front().machine.value;
  };
  CHECK(best(objective::fit) == "b");
  CHECK(best(objective::spread) == "c");
}

TEST_CASE("score: the tightest GPU") {
  gpus_left x{300, 1000, 500, 400};
  CHECK(tightest_gpu(x, 350) == 3);
  CHECK(tightest_gpu(x, 300) == 0);
  CHECK(tightest_gpu(x, 501) == 1);
  CHECK(tightest_gpu(gpus_left{}, 1) == gpus_max);
}
