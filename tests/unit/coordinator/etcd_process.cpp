// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/coordinator/etcd_process.hpp"

#include "tests/eventually.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <optional>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace muster::test {

namespace {

using std::chrono::milliseconds;

constexpr const char* program = "/usr/bin/etcd";
constexpr int starts_max = 5;

/// Waits until the child is gone, so that its ports are free again.
void end_process(pid_t pid) {
  if (pid <= 0)
    return;
  ::kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

} // namespace

temporary_directory::temporary_directory() {
  auto name
    = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

uint16_t free_port() {
  auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0)
    throw std::runtime_error("no free port");
  close(fd);
  return ntohs(address.sin_port);
}

bool etcd_process::is_installed() {
  return access(program, X_OK) == 0;
}

test_certificates::test_certificates(const std::string& subject) {
  std::ofstream{file("names")}
    << "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n";
  auto key = std::string{"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "};
  auto run = [](const std::string& command) {
    if (std::system((command + " 2>/dev/null").c_str()) != 0)
      throw std::runtime_error(command);
  };
  run("openssl req -x509 -days 2 -subj /CN=authority " + key + "-keyout "
      + file("ca.key") + " -out " + file("ca.pem"));
  run("openssl req -subj " + subject + " " + key + "-keyout " + file("key.pem")
      + " -out " + file("csr.pem"));
  run("openssl x509 -req -days 2 -in " + file("csr.pem") + " -CA "
      + file("ca.pem") + " -CAkey " + file("ca.key")
      + " -CAcreateserial -extfile " + file("names") + " -out "
      + file("cert.pem"));
}

http_identity test_certificates::identity() const {
  return {file("ca.pem"), file("cert.pem"), file("key.pem")};
}

etcd_process::etcd_process(const test_certificates* certificates)
  : certificates_(certificates) {
  // Someone else may take a free port before etcd does.
  for (int i = 0; i < starts_max; ++i) {
    client_port_ = free_port();
    peer_port_ = free_port();
    launch();
    if (answers_soon())
      return;
    kill();
  }
  throw std::runtime_error("etcd does not start");
}

etcd_process::~etcd_process() {
  kill();
}

std::string etcd_process::endpoint() const {
  return (certificates_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:")
         + std::to_string(client_port_);
}

void etcd_process::kill() {
  end_process(std::exchange(pid_, 0));
}

void etcd_process::start() {
  launch();
  if (!answers_soon())
    throw std::runtime_error("etcd does not start again");
}

std::vector<std::string> etcd_process::arguments() const {
  auto peer = "http://127.0.0.1:" + std::to_string(peer_port_);
  // Quick elections also allow leases of one second.
  std::vector<std::string> words{program,
                                 "--name",
                                 "m",
                                 "--data-dir",
                                 (directory_.path() / "etcd").string(),
                                 "--listen-client-urls",
                                 endpoint(),
                                 "--advertise-client-urls",
                                 endpoint(),
                                 "--listen-peer-urls",
                                 peer,
                                 "--initial-advertise-peer-urls",
                                 peer,
                                 "--initial-cluster",
                                 "m=" + peer,
                                 "--heartbeat-interval",
                                 "10",
                                 "--election-timeout",
                                 "100",
                                 "--log-level",
                                 "error"};
  if (certificates_ != nullptr) {
    auto x = certificates_->identity();
    for (auto& word :
         {std::string{"--client-cert-auth"}, "--trusted-ca-file=" + x.ca_file,
          "--cert-file=" + x.certificate_file, "--key-file=" + x.key_file})
      words.push_back(word);
  }
  return words;
}

void etcd_process::launch() {
  auto words = arguments();
  std::vector<char*> pointers;
  for (auto& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  auto log = (directory_.path() / "log").string();
  std::array<char*, 1> environment{nullptr};
  auto parent = getpid();
  pid_ = fork();
  if (pid_ != 0)
    return;
  // Only calls that are safe between fork and exec.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, 1);
  dup2(fd, 2);
  if (getppid() == parent)
    execve(program, pointers.data(), environment.data());
  _exit(127);
}

bool etcd_process::answers_soon() {
  auto is_over = [this] {
    int ignored = 0;
    if (waitpid(pid_, &ignored, WNOHANG) == pid_)
      pid_ = 0;
    return pid_ == 0;
  };
  // A linearizable read needs a leader; with a password required, the refusal
  // also comes from an etcd that is ready.
  auto answers = [this] {
    auto text = post("/v3/kv/range", R"({"key":"AA=="})");
    return text.find("header") != std::string::npos
           || text.find("user name is empty") != std::string::npos;
  };
  testing::eventually([&] { return is_over() || answers(); });
  return pid_ != 0 && answers();
}

void etcd_process::require_password(const std::string& password) {
  post("/v3/auth/user/add",
       R"({"name":"root","password":")" + password + R"("})");
  post("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  post("/v3/auth/enable", "{}");
}

std::string etcd_process::post(const std::string& path,
                               const std::string& body) {
  auto identity = certificates_ != nullptr ? certificates_->identity()
                                           : http_identity{};
  http_client http{identity, size_t{1} << 20};
  std::optional<http_answer> answer;
  http_request request;
  request.url = endpoint() + path;
  request.body = body;
  request.timeout = milliseconds{3000};
  http.post(request, [&](http_answer x) { answer = std::move(x); });
  while (!answer)
    http.run_once(milliseconds{1000});
  return answer->body;
}

} // namespace muster::test
