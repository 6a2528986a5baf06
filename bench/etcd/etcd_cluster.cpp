// SPDX-License-Identifier: Apache-2.0
#include "bench/etcd/etcd_cluster.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <rpc.grpc.pb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace muster::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* program = "/usr/bin/etcd";

error unavailable(const std::string& why) {
  return error{errc::unavailable, "etcd benchmark: " + why};
}

/// Ports of 127.0.0.1 that nobody listens on now, all different.
std::vector<std::string> free_addresses(size_t count) {
  std::vector<std::string> addresses;
  std::vector<int> sockets;
  for (size_t i = 0; i < count; ++i) {
    auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto generic = reinterpret_cast<sockaddr*>(&address);
    sockets.push_back(fd);
    if (bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0)
      addresses.push_back("127.0.0.1:"
                          + std::to_string(ntohs(address.sin_port)));
  }
  for (auto fd : sockets)
    close(fd);
  return addresses;
}

std::string name_of(size_t member) {
  return "member" + std::to_string(member);
}

bool is_leader(const std::string& endpoint) {
  auto channel = grpc::CreateChannel(endpoint,
                                     grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds{500});
  etcdserverpb::StatusResponse answer;
  auto stub = etcdserverpb::Maintenance::NewStub(channel);
  auto status = stub->Status(&context, {}, &answer);
  return status.ok() && answer.leader() != 0
         && answer.leader() == answer.header().member_id();
}

} // namespace

result<std::string> find_leader(const std::vector<std::string>& endpoints,
                                int patience_seconds) {
  auto deadline = steady_clock::now() + std::chrono::seconds{patience_seconds};
  while (steady_clock::now() < deadline) {
    for (auto& endpoint : endpoints)
      if (is_leader(endpoint))
        return endpoint;
    std::this_thread::sleep_for(milliseconds{50});
  }
  return unavailable("no leader in time");
}

result<std::unique_ptr<etcd_cluster>>
etcd_cluster::start(size_t members_count, const std::string& directory) {
  if (members_count < 1 || members_count > 7)
    return error{errc::invalid_argument, "etcd benchmark: 1 to 7 members"};
  if (access(program, X_OK) != 0)
    return unavailable(std::string{program} + " is not installed");
  std::unique_ptr<etcd_cluster> x{new etcd_cluster};
  std::filesystem::path below = directory;
  if (directory.empty())
    below = std::filesystem::temp_directory_path();
  x->directory_ = (below / "muster-etcd-XXXXXX").string();
  if (mkdtemp(x->directory_.data()) == nullptr)
    return error{errc::io, "etcd benchmark: cannot write in " + below.string()};
  auto addresses = free_addresses(2 * members_count);
  if (addresses.size() != 2 * members_count)
    return unavailable("no free ports");
  auto middle = addresses.begin() + static_cast<std::ptrdiff_t>(members_count);
  x->endpoints_.assign(addresses.begin(), middle);
  x->peers_.assign(middle, addresses.end());
  std::string peers;
  for (size_t i = 0; i < members_count; ++i)
    peers += (i == 0 ? "" : ",") + name_of(i) + "=http://" + x->peers_[i];
  for (size_t i = 0; i < members_count; ++i)
    x->launch(i, peers);
  if (auto leader = find_leader(x->endpoints_); !leader)
    return leader.failure();
  return x;
}

void etcd_cluster::launch(size_t member, const std::string& peers) {
  auto client = "http://" + endpoints_[member];
  auto peer = "http://" + peers_[member];
  auto data = directory_ + "/" + name_of(member);
  auto log = data + ".log";
  std::vector<std::string> words{program,
                                 "--name",
                                 name_of(member),
                                 "--data-dir",
                                 data,
                                 "--listen-client-urls",
                                 client,
                                 "--advertise-client-urls",
                                 client,
                                 "--listen-peer-urls",
                                 peer,
                                 "--initial-advertise-peer-urls",
                                 peer,
                                 "--initial-cluster",
                                 peers,
                                 "--log-level",
                                 "error"};
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  auto parent = getpid();
  auto pid = fork();
  if (pid != 0) {
    children_.push_back(pid);
    return;
  }
  // Only calls that are safe between fork and exec.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, 1);
  dup2(fd, 2);
  if (getppid() == parent)
    execve(program, arguments.data(), environment.data());
  _exit(127);
}

etcd_cluster::~etcd_cluster() {
  for (auto pid : children_) {
    if (pid <= 0)
      continue;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

} // namespace muster::bench
