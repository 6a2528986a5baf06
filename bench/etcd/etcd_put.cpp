// SPDX-License-Identifier: Apache-2.0
#include "bench/etcd/etcd_put.hpp"

#include "bench/etcd/etcd_cluster.hpp"
#include "bench/histogram.hpp"

#include <grpcpp/grpcpp.h>
#include <memory>
#include <optional>
#include <random>
#include <rpc.grpc.pb.h>

namespace muster::bench {

namespace {

using std::chrono::steady_clock;
using put_stub = std::unique_ptr<etcdserverpb::KV::Stub>;

/// A put that takes longer than this has failed.
constexpr std::chrono::seconds put_deadline{10};

/// One write in flight; its address is the tag in the completion queue.
struct slot {
  etcdserverpb::KV::Stub* stub = nullptr;
  std::optional<grpc::ClientContext> context;
  etcdserverpb::PutRequest request;
  etcdserverpb::PutResponse answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<etcdserverpb::PutResponse>>
    reader;
  steady_clock::time_point begin;
};

class writer {
public:
  writer(const write_options& options, const std::string& endpoint)
    : options_(options), random_(options.seed),
      pick_(0, options.keys_count - 1), slots_(options.in_flight_count) {
    for (size_t i = 0; i < options.connections_count; ++i)
      stubs_.push_back(connect(endpoint, i));
  }

  write_report run() {
    auto begin = steady_clock::now() + options_.warm_up;
    auto end = begin + options_.duration;
    for (size_t i = 0; i < slots_.size(); ++i) {
      slots_[i].stub = stubs_[i % stubs_.size()].get();
      slots_[i].request.set_value(std::string(options_.value_bytes, 'v'));
      start(slots_[i]);
    }
    for (auto left = slots_.size(); left > 0;) {
      void* tag = nullptr;
      auto is_ok = false;
      if (!queue_.Next(&tag, &is_ok))
        break;
      auto& x = *static_cast<slot*>(tag);
      auto now = steady_clock::now();
      finish(x, now, now >= begin && now < end);
      if (now < end)
        start(x);
      else
        --left;
    }
    return report();
  }

private:
  /// gRPC shares one connection between channels that look alike.
  static put_stub connect(const std::string& endpoint, size_t number) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("muster.connection", static_cast<int>(number));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto channel = grpc::CreateCustomChannel(
      endpoint, grpc::InsecureChannelCredentials(), arguments);
    return etcdserverpb::KV::NewStub(channel);
  }

  void start(slot& x) {
    x.context.emplace();
    x.context->set_deadline(std::chrono::system_clock::now() + put_deadline);
    x.request.set_key("/bench/" + std::to_string(pick_(random_)));
    x.begin = steady_clock::now();
    x.reader = x.stub->AsyncPut(&*x.context, x.request, &queue_);
    x.reader->Finish(&x.answer, &x.status, &x);
  }

  void finish(const slot& x, steady_clock::time_point now, bool is_measured) {
    if (!x.status.ok()) {
      ++failures_count_;
      if (failure_.empty())
        failure_ = x.status.error_message();
    } else if (is_measured) {
      latencies_.record(now - x.begin);
    }
  }

  write_report report() const {
    write_report x;
    x.writes_count = latencies_.count();
    x.writes_per_second
      = static_cast<double>(latencies_.count())
        / std::chrono::duration<double>(options_.duration).count();
    x.median = latencies_.quantile(500);
    x.p99 = latencies_.quantile(990);
    x.max = latencies_.max();
    x.mean = latencies_.mean();
    x.failures_count = failures_count_;
    x.failure = failure_;
    return x;
  }

  const write_options& options_;
  std::mt19937_64 random_;
  std::uniform_int_distribution<size_t> pick_;
  std::vector<put_stub> stubs_;
  /// Before the queue, so that it goes after it.
  std::vector<slot> slots_;
  grpc::CompletionQueue queue_;
  histogram latencies_;
  uint64_t failures_count_ = 0;
  std::string failure_;
};

write_report failed(const error& why) {
  write_report x;
  x.failure = why.message;
  return x;
}

} // namespace

write_report run_etcd_writes(const write_options& options) {
  if (options.in_flight_count == 0 || options.in_flight_count > 4096
      || options.connections_count == 0 || options.keys_count == 0)
    return failed({errc::invalid_argument, "etcd benchmark: bad options"});
  std::unique_ptr<etcd_cluster> own;
  auto endpoints = options.endpoints;
  if (endpoints.empty()) {
    auto started = etcd_cluster::start(3, options.directory);
    if (!started)
      return failed(started.failure());
    own = *std::move(started);
    endpoints = own->endpoints();
  }
  auto leader = find_leader(endpoints);
  if (!leader)
    return failed(leader.failure());
  return writer{options, *leader}.run();
}

} // namespace muster::bench
