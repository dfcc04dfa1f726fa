#include "execute/local/health.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "execute/local/local_fixture.h"

namespace granary {
namespace {

// A service that answers every question with one text, or never.
class Service {
 public:
  explicit Service(std::string answer) : answer_(std::move(answer)) {
    listening_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listening_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listening_.number(), 16);
    ::getsockname(listening_.number(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Service() {
    over_ = true;
    thread_.join();
  }

  void answer_never() { mute_ = true; }
  int port = 0;

 private:
  void serve() {
    std::vector<Descriptor> kept;
    while (!over_) {
      pollfd watched{listening_.number(), POLLIN, 0};
      if (::poll(&watched, 1, 10) <= 0) continue;
      Descriptor caller(::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC));
      if (mute_ || answer_.empty()) {
        kept.push_back(std::move(caller));
        continue;
      }
      char question[1024];
      ::recv(caller.number(), question, sizeof question, 0);
      ::send(caller.number(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const std::string answer_;
  Descriptor listening_;
  std::atomic<bool> over_{false}, mute_{false};
  std::thread thread_;
};

TEST(Health, IsAnAnswerOf200InTimeAndNothingElse) {
  Service good("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), old("HTTP/1.0 200 OK\r\n\r\n"),
      bad("HTTP/1.1 503 Unavailable\r\n\r\n"), odd("HTTP/1.1 2000\r\n\r\n"), rude("no"), mute("");
  int closed = 0;
  {
    const Service gone("x");
    closed = gone.port;
  }
  const std::string path = "/health";
  const auto begin = std::chrono::steady_clock::now();
  const auto healthy = check_health({{good.port, path},
                                     {old.port, path},
                                     {bad.port, path},
                                     {odd.port, path},
                                     {rude.port, path},
                                     {mute.port, path},
                                     {closed, path},
                                     {mute.port, ""}},
                                    std::chrono::milliseconds(300));
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(healthy, (std::vector<bool>{true, true, false, false, false, false, false, true}));
  EXPECT_LT(took, std::chrono::seconds(5)) << "all were asked together";
}

using AService = LocalFixture;

TEST_F(AService, RunsOnceItAnswersAndIsLostWhenItAnswersNoMore) {
  Service answers("HTTP/1.1 200 OK\r\n\r\n");
  settings_.health_timeout = std::chrono::milliseconds(100);
  Launch launch = shell(1,
                        "echo '{\"listening\":\"127.0.0.1:'$P'\"}' >> \"$GRANARY_PROGRESS\";"
                        "while :; do sleep 1; done");
  launch.service = true;
  launch.recipe.health = "/health";
  launch.recipe.environment["P"] = std::to_string(answers.port);
  {
    LocalExecutor executor(settings_);
    ASSERT_TRUE(executor.launch(launch));
    const auto running = first<WorkerRunning>(executor, {1}, 0, false);
    EXPECT_EQ(running.endpoint, "127.0.0.1:" + std::to_string(answers.port));
  }
  answers.answer_never();
  LocalExecutor next(settings_);  // knows from the engine that it was healthy once
  EXPECT_EQ(first<WorkerLost>(next, {1}).why, "unhealthy");
  EXPECT_GE(next.counts().failed_checks, 5u);
}

TEST_F(AService, ThatIsNotHealthyYetIsNotReportedAsRunning) {
  Service loading("HTTP/1.1 503 Loading\r\n\r\n");
  Launch launch = shell(1,
                        "echo '{\"listening\":\"127.0.0.1:'$P'\"}' >> \"$GRANARY_PROGRESS\";"
                        "while :; do sleep 1; done");
  launch.service = true;
  launch.recipe.health = "/health";
  launch.recipe.environment["P"] = std::to_string(loading.port);
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch));
  ASSERT_TRUE(eventually([&] {
    EXPECT_TRUE(executor.observe({{Id<Job>{1}, 1, 0, false}})->empty());
    return executor.counts().failed_checks > 10;
  }));
}

}  // namespace
}  // namespace granary
