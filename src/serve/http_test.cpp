#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "serve/http_client.h"
#include "serve/http_server.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// A plain socket: says what a polite client never would.
class Wire {
 public:
  explicit Wire(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Wire(Wire&& other) noexcept : socket_(std::exchange(other.socket_, -1)), open_(other.open_) {}
  ~Wire() {
    if (socket_ >= 0) ::close(socket_);
  }
  bool is_open() const { return open_; }
  Wire& say(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    return *this;
  }
  // Until `end` was heard, or the other side closed; at most 5 s.
  std::string hear(const std::string& end = "") {
    std::string heard;
    const auto deadline = Steady::now() + 5s;
    while (end.empty() || heard.find(end) == std::string::npos) {
      pollfd one{socket_, POLLIN, 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
      if (left <= 0ms || ::poll(&one, 1, static_cast<int>(left.count())) <= 0) break;
      char part[4096];
      const ssize_t n = ::recv(socket_, part, sizeof part, 0);
      closed_ = n <= 0;
      if (closed_) break;
      heard.append(part, static_cast<std::size_t>(n));
    }
    return heard;
  }
  bool closed() const { return closed_; }

 private:
  int socket_;
  bool open_ = false, closed_ = false;
};

class HttpTest : public ::testing::Test {
 protected:
  void serve(HttpServer::Options options = {}, HttpServer::Handler handler = {}) {
    const auto actor_of = [](std::string_view token) -> std::optional<std::string> {
      return token == "gr_good" ? std::optional<std::string>("ops") : std::nullopt;
    };
    if (!handler) {
      handler = [](const HttpRequest& r) {
        return HttpResponse{
            200, "text/plain",
            r.actor + " " + r.method + " " + r.target + " " + std::to_string(r.body.size())};
      };
    }
    auto started = HttpServer::start(std::move(options), actor_of, std::move(handler));
    ASSERT_TRUE(started) << started.error().what;
    server = std::move(*started);
  }
  Result<HttpResponse> ask(const std::string& method, const std::string& target,
                           std::string body = {}, std::string token = "gr_good") {
    HttpTransport client("http://127.0.0.1:" + std::to_string(server->port()), std::move(token));
    return client.send({method, target, {}, std::move(body), ""});
  }
  Wire wire() { return Wire(server->port()); }

  std::unique_ptr<HttpServer> server;
};

const std::string who = "Host: x\r\nAuthorization: Bearer gr_good\r\n";

TEST_F(HttpTest, ARequestReachesTheHandlerWithItsActorAndBody) {
  serve();
  const auto answer = ask("POST", "/v1/jobs?dry_run=1", "12345");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "ops POST /v1/jobs?dry_run=1 5");
}

TEST_F(HttpTest, WithoutAKnownTokenOnlyLivezIsAnswered) {
  serve();
  for (const std::string token : {"", "gr_bad", "gr_goodx"}) {
    const auto refused = ask("GET", "/v1/queue", "", token);
    ASSERT_TRUE(refused) << refused.error().what;
    EXPECT_EQ(refused->status, 401);
    EXPECT_EQ(refused->content_type, "application/problem+json");
    EXPECT_NE(refused->body.find("G8001"), std::string::npos) << refused->body;
  }
  const auto live = ask("GET", "/livez", "", "");
  ASSERT_TRUE(live);
  EXPECT_EQ(live->status, 200);
  EXPECT_EQ(ask("POST", "/livez", "", "")->status, 401);
}

TEST_F(HttpTest, AConnectionServesManyRequestsAlsoWhenTheyComeAtOnce) {
  serve();
  Wire client = wire();
  const std::string one = "GET /a HTTP/1.1\r\n" + who + "\r\n";
  const std::string last = "GET /b HTTP/1.1\r\nConnection: close\r\n" + who + "\r\n";
  const std::string heard = client.say(one).hear("ops GET /a 0");
  EXPECT_NE(heard.find("Content-Length: 12\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos) << heard;
  EXPECT_NE(client.say(one + one + last).hear("ops GET /b 0").find("ops GET /b 0"),
            std::string::npos);
  client.hear();
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpTest, ABodyOverTheLimitIs413AlsoWhenItsLengthIsNotSaidBefore) {
  HttpServer::Options options;
  options.body_bytes = 1000;
  serve(options);
  EXPECT_EQ(ask("POST", "/x", std::string(1000, 'x'))->status, 200);
  const auto large = ask("POST", "/x", std::string(500'000, 'x'));
  ASSERT_TRUE(large) << large.error().what;
  EXPECT_EQ(large->status, 413);
  const std::string chunk = "200\r\n" + std::string(0x200, 'x') + "\r\n";
  const std::string heard = wire()
                                .say("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + who +
                                     "\r\n" + chunk + chunk + chunk + "0\r\n\r\n")
                                .hear();
  EXPECT_NE(heard.find(" 413 "), std::string::npos) << heard;
}

TEST_F(HttpTest, HeadersOverTheLimitAre431AndNonsenseIs400) {
  serve();
  const std::string large =
      wire().say("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n").hear();
  EXPECT_NE(large.find(" 431 "), std::string::npos) << large;
  for (const std::string text :
       {"nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}) {
    const std::string heard = wire().say(text).hear();
    EXPECT_NE(heard.find(" 400 "), std::string::npos) << text << "\n" << heard;
  }
}

TEST_F(HttpTest, WhoSendsSlowlyIsCutOffHoweverOftenAByteArrives) {
  HttpServer::Options options;
  options.request_timeout = 200ms;
  serve(options);
  Wire client = wire();
  const auto began = Steady::now();
  auto drip = std::async(std::launch::async, [&] {
    while (Steady::now() < began + 2s) {
      client.say("G");
      std::this_thread::yield();
    }
  });
  Wire silent = wire();
  silent.say("GET / HTTP/1.1\r\n").hear();
  EXPECT_TRUE(silent.closed());
  EXPECT_LT(Steady::now() - began, 4s);
  drip.get();
  client.hear();
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpTest, LivezAnswersWhileAHundredSlowConnectionsHang) {
  serve();
  std::vector<Wire> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(wire());
    slow.back().say("GET /livez HTTP/1.1\r\nX: ");
  }
  for (int i = 0; i < 20; ++i) {
    const auto began = Steady::now();
    const auto live = ask("GET", "/livez", "", "");
    ASSERT_TRUE(live) << live.error().what;
    EXPECT_EQ(live->status, 200);
    EXPECT_LT(Steady::now() - began, 1s);
  }
}

TEST_F(HttpTest, TwoHundredParallelClientsAreAllAnswered) {
  serve();
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        const auto answer = ask("GET", "/v1/queue");
        if (answer && answer->status == 200) ++good;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 1000);
}

TEST_F(HttpTest, ConnectionsOverTheLimitAre503UntilOthersEnd) {
  HttpServer::Options options;
  options.connections = 2;
  serve(options);
  {
    Wire first = wire(), second = wire();
    const std::string get = "GET /livez HTTP/1.1\r\n\r\n";
    first.say(get).hear("GET /livez 0");
    second.say(get).hear("GET /livez 0");
    const std::string heard = wire().say(get).hear();
    EXPECT_NE(heard.find(" 503 "), std::string::npos) << heard;
    EXPECT_NE(heard.find("Retry-After: 1"), std::string::npos) << heard;
  }
  Result<HttpResponse> later = ask("GET", "/livez");
  for (const auto began = Steady::now(); later && later->status == 503;) {
    ASSERT_LT(Steady::now() - began, 5s);
    later = ask("GET", "/livez");
  }
  ASSERT_TRUE(later) << later.error().what;
  EXPECT_EQ(later->status, 200);
}

TEST_F(HttpTest, RequestsInFlightOverTheLimitAre503) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> entered;
  HttpServer::Options options;
  options.in_flight = 1;
  serve(options, [&](const HttpRequest& r) {
    if (r.target == "/wait") {
      entered.set_value();
      released.wait();
    }
    return HttpResponse{200, "text/plain", "done"};
  });
  auto waiting = std::async(std::launch::async, [&] { return ask("GET", "/wait"); });
  entered.get_future().wait();
  EXPECT_EQ(ask("GET", "/other")->status, 503);
  release.set_value();
  EXPECT_EQ(waiting.get()->status, 200);
  EXPECT_EQ(ask("GET", "/other")->status, 200);
}

TEST_F(HttpTest, StoppingFinishesTheAnswerOnItsWayAndTakesNoMore) {
  std::promise<void> entered, release;
  const auto released = release.get_future().share();
  serve({}, [&](const HttpRequest&) {
    entered.set_value();
    released.wait();
    return HttpResponse{200, "text/plain", "done"};
  });
  Wire idle = wire();
  auto waiting = std::async(std::launch::async, [&] { return ask("GET", "/wait"); });
  entered.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  idle.hear();
  EXPECT_TRUE(idle.closed());
  release.set_value();
  const auto answer = waiting.get();
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "done");
  stopped.get();
  const auto later = ask("GET", "/livez");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, 7008);
}

TEST_F(HttpTest, AHandlerThatThrowsIsAnAnswer) {
  serve({}, [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("oh"); });
  const auto answer = ask("GET", "/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(ask("GET", "/x")->status, 500);
}

TEST_F(HttpTest, ABodyIsAskedForWhenTheClientWaitsForThat) {
  serve();
  Wire client = wire();
  const std::string head =
      "POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" + who + "\r\n";
  EXPECT_NE(client.say(head).hear("\r\n\r\n").find(" 100 "), std::string::npos);
  EXPECT_NE(client.say("ok").hear("/x 2").find(" 200 "), std::string::npos);
}

TEST(HttpServer, ListensOnThisMachineOnly) {
  for (const std::string address : {"0.0.0.0", "::", "192.0.2.1", "example", ""}) {
    HttpServer::Options options;
    options.address = address;
    const auto server = HttpServer::start(options, {}, {});
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code, 7026);
  }
}

TEST(HttpServer, APortThatIsTakenIsSaid) {
  const auto first = HttpServer::start({}, {}, {});
  ASSERT_TRUE(first);
  HttpServer::Options options;
  options.port = (*first)->port();
  const auto second = HttpServer::start(options, {}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, 7026);
  EXPECT_NE(second.error().what.find("in use"), std::string::npos) << second.error().what;
}

TEST(HttpTransport, NobodyThereIsSaidWithWhatToDo) {
  std::uint16_t port = 0;
  {
    const auto server = HttpServer::start({}, {}, {});
    ASSERT_TRUE(server);
    port = (*server)->port();
  }
  HttpTransport client("http://127.0.0.1:" + std::to_string(port), "");
  const auto answer = client.send({"GET", "/livez", {}, "", ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 7008);
  EXPECT_EQ(answer.error().what.find("granaryd at 127.0.0.1:" + std::to_string(port) +
                                     " does not answer. Is it running?"),
            0u)
      << answer.error().what;
}

TEST(HttpTransport, AnAddressThatIsNoneIsRefused) {
  for (const std::string url : {"", "127.0.0.1:7420", "http://", "http://x", "http://x:0",
                                "http://x:99999", "https://127.0.0.1:7420", "http://x:1/y"}) {
    HttpTransport client(url, "");
    const auto answer = client.send({"GET", "/livez", {}, "", ""});
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, 1042) << url;
  }
}

}  // namespace
}  // namespace granary
