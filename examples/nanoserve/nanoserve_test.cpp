// The real binary, over loopback.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "child.h"
#include "nano/checkpoint.h"
#include "nano/text.h"

namespace nano {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class Socket {
 public:
  explicit Socket(int port) : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{15, 0};
    setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    open_ = connect(number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Socket() { ::close(number_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  bool open() const { return open_; }
  void send(const std::string& text) const {
    (void)::send(number_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  std::string until(const std::string& end) const {
    std::string text;
    char byte = 0;
    while (text.find(end) == std::string::npos && ::recv(number_, &byte, 1, 0) == 1) text += byte;
    return text;
  }
  std::string rest() const {
    std::string text;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::recv(number_, bytes, sizeof bytes, 0)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int number_;
  bool open_ = false;
};

struct Reply {
  int status = 0;
  std::string body;
};

std::string request(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& connection) {
  return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + connection +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// One small trained model for all tests, and one server.
class Nanoserve : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    all_ = std::make_unique<Folder>();
    Trainer trainer(begin_training({.layers = 1, .hidden = 16, .heads = 2, .context = 32}, 1),
                    {.batch = 4, .micro_batch = 4}, std::string(built_in_text()));
    for (int i = 0; i < 20; ++i) trainer.step();
    ASSERT_TRUE(save_checkpoint(*all_ / "ckpt", trainer.now()));
    server_ = std::make_unique<Child>(
        "nanoserve", std::vector<std::string>{"--port", "0"},
        std::map<std::string, std::string>{{"GRANARY_CHECKPOINT", *all_ / "ckpt"},
                                           {"GRANARY_PROGRESS", *all_ / "progress"}});
    port_ = port(content_with(*all_ / "progress", "\n"));
    await_health(port_);
  }
  static void TearDownTestSuite() {
    server_.reset();
    all_.reset();
  }
  static int port(const std::string& progress) {
    const std::string line = progress.substr(0, progress.find('\n'));
    const std::string address = json::parse(line)["listening"].get<std::string>();
    return std::stoi(address.substr(address.find(':') + 1));
  }
  static Reply ask_at(int port, const std::string& text) {
    const Socket socket(port);
    socket.send(text);
    const std::string all = socket.rest();
    const std::size_t head = all.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    return {std::stoi(all.substr(9, 3)), all.substr(head + 4)};
  }
  static void await_health(int port) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (ask_at(port, request("GET", "/health", "", "close")).status != 200 &&
           std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  static Reply get(const std::string& path) {
    return ask_at(port_, request("GET", path, "", "close"));
  }
  static Reply post(const std::string& path, const std::string& body) {
    return ask_at(port_, request("POST", path, body, "close"));
  }

  static inline std::unique_ptr<Folder> all_;
  static inline std::unique_ptr<Child> server_;
  static inline int port_ = 0;
};

TEST_F(Nanoserve, SaysThatItIsWellAndWhatItServes) {
  EXPECT_EQ(get("/health").body, R"({"status":"ok"})");
  const auto models = get("/v1/models");
  EXPECT_EQ(models.status, 200);
  EXPECT_EQ(json::parse(models.body)["data"][0]["id"], "nano");
}

TEST_F(Nanoserve, CompletesAPromptAndCountsItsTokens) {
  const std::string body = R"({"prompt":"The grain","max_tokens":40,"seed":3,"temperature":0.8})";
  const auto reply = post("/v1/completions", body);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["object"], "text_completion");
  EXPECT_EQ(answer["usage"]["prompt_tokens"], 9);
  EXPECT_EQ(answer["usage"]["completion_tokens"], 40);
  EXPECT_EQ(answer["usage"]["total_tokens"], 49);
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
  EXPECT_FALSE(answer["choices"][0]["text"].get<std::string>().empty());
  EXPECT_EQ(json::parse(post("/v1/completions", body).body)["choices"], answer["choices"]);
}

TEST_F(Nanoserve, AnswersAChat) {
  const auto reply = post("/v1/chat/completions",
                          R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":8})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["object"], "chat.completion");
  EXPECT_EQ(answer["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(answer["usage"]["completion_tokens"], 8);
}

TEST_F(Nanoserve, StreamsThePiecesOfTheSameAnswerAndThenSaysDone) {
  const std::string ask = R"("prompt":"The","max_tokens":30,"seed":3})";
  const auto whole = json::parse(post("/v1/completions", "{" + ask).body);
  const auto reply =
      post("/v1/completions", R"({"stream":true,"stream_options":{"include_usage":true},)" + ask);
  EXPECT_EQ(reply.status, 200);
  std::string text;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < reply.body.size();) {
    const std::size_t end = reply.body.find("\n\n", at);
    ASSERT_NE(end, std::string::npos);
    ASSERT_THAT(reply.body.substr(at), StartsWith("data: "));
    events.push_back(reply.body.substr(at + 6, end - at - 6));
    at = end + 2;
  }
  ASSERT_GT(events.size(), 4U);
  EXPECT_EQ(events.back(), "[DONE]");
  for (std::size_t i = 0; i + 2 < events.size(); ++i) {
    text += json::parse(events[i])["choices"][0]["text"].get<std::string>();
  }
  EXPECT_EQ(text, whole["choices"][0]["text"].get<std::string>());
  EXPECT_EQ(json::parse(events[events.size() - 3])["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(json::parse(events[events.size() - 2])["usage"]["completion_tokens"], 30);
}

TEST_F(Nanoserve, RefusesWhatItCannotUnderstandWithAnErrorInOneSentence) {
  const auto refused = [](const Reply& reply, int status) {
    EXPECT_EQ(reply.status, status) << reply.body;
    const json body = json::parse(reply.body, nullptr, false);
    ASSERT_TRUE(body.contains("error")) << reply.body;
    EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
  };
  refused(post("/v1/completions", "{\"prompt\":"), 400);
  refused(post("/v1/completions", R"({"prompt":"a","max_tokens":9999})"), 400);
  refused(post("/v1/completions", R"({"prompt":"a","model":"glm"})"), 404);
  refused(get("/v1/completions"), 405);
  refused(post("/health", ""), 405);
  refused(get("/"), 404);
  refused(post("/v1/completions", std::string(70'000, ' ')), 413);
  refused(ask_at(port_, "GET /" + std::string(9'000, 'x') + " HTTP/1.1\r\n\r\n"), 431);
  refused(ask_at(port_, "grain\r\n\r\n"), 400);
  EXPECT_EQ(get("/health").status, 200);
}

TEST_F(Nanoserve, KeepsAConnectionForSeveralRequests) {
  const Socket socket(port_);
  for (int i = 0; i < 3; ++i) {
    socket.send(request("GET", "/health", "", "keep-alive"));
    EXPECT_THAT(socket.until("\"ok\"}"), HasSubstr("200 OK"));
  }
}

TEST_F(Nanoserve, TheSixtyFifthConnectionIsTurnedAwayAndTheOthersLive) {
  std::vector<std::unique_ptr<Socket>> open;
  for (int i = 0; i < 64; ++i) {
    open.push_back(std::make_unique<Socket>(port_));
    open.back()->send(request("GET", "/health", "", "keep-alive"));
    ASSERT_THAT(open.back()->until("\"ok\"}"), HasSubstr("200 OK"));
  }
  EXPECT_EQ(get("/health").status, 503);
  open.front()->send(request("GET", "/health", "", "keep-alive"));
  EXPECT_THAT(open.front()->until("\"ok\"}"), HasSubstr("200 OK"));
  open.clear();
  await_health(port_);
  EXPECT_EQ(get("/health").status, 200);
}

TEST_F(Nanoserve, ReportsRequestsAndTokensAndEndsWith0OnSigtermAfterWhatIsUnderWay) {
  const Folder folder;
  Child server("nanoserve", {"--checkpoint", *all_ / "ckpt"}, {{"GRANARY_PROGRESS", folder / "p"}});
  const int port_here = port(content_with(folder / "p", "\n"));
  await_health(port_here);
  const Socket idle(port_here);
  const Socket busy(port_here);
  ASSERT_TRUE(busy.open());
  busy.send(request("POST", "/v1/completions", R"({"prompt":"a","max_tokens":512,"stream":true})",
                    "close"));
  busy.until("data: ");
  server.signal(SIGTERM);
  EXPECT_THAT(busy.rest(), HasSubstr("[DONE]"));
  const auto ended = server.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(idle.rest(), "");
  EXPECT_THAT(ended.out, HasSubstr("{\"listening\":\"127.0.0.1:" + std::to_string(port_here)));
  EXPECT_THAT(content(folder / "p"), HasSubstr("{\"requests\":1,\"tokens\":512}"));
  EXPECT_FALSE(Socket(port_here).open());
}

TEST_F(Nanoserve, IsNotHealthyUntilACheckpointIsThere) {
  const Folder folder;
  Child server("nanoserve", {"--checkpoint", folder / "c", "--wait", "60"},
               {{"GRANARY_PROGRESS", folder / "p"}});
  const int port_here = port(content_with(folder / "p", "\n"));
  EXPECT_EQ(ask_at(port_here, request("GET", "/health", "", "close")).status, 503);
  EXPECT_EQ(ask_at(port_here, request("POST", "/v1/completions", "{}", "close")).status, 503);
  const auto search = newest_checkpoint(*all_ / "ckpt");
  ASSERT_TRUE(search && search->found);
  ASSERT_TRUE(save_checkpoint(folder / "c", search->found->training));
  await_health(port_here);
  EXPECT_EQ(ask_at(port_here, request("GET", "/health", "", "close")).status, 200);
}

TEST_F(Nanoserve, AnswersBadFlagsWithOneSentence) {
  const std::vector<std::vector<std::string>> all = {
      {"--port", "70000"}, {"--port"}, {"--wait", "x"}, {"--model-name", "a b"}, {"what"}};
  for (const auto& flags : all) {
    const auto ended = Child("nanoserve", flags, {}).wait();
    EXPECT_EQ(ended.status, 2);
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
  const Folder folder;
  const auto nothing = Child("nanoserve", {"--checkpoint", folder / "none"}, {}).wait();
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.err, HasSubstr("there is no checkpoint in"));
  const auto taken = Child("nanoserve", {"--checkpoint", *all_ / "ckpt"},
                           {{"GRANARY_PORT", std::to_string(port_)}})
                         .wait();
  EXPECT_EQ(taken.status, 1);
  EXPECT_THAT(taken.err, HasSubstr("cannot listen"));
}

}  // namespace
}  // namespace nano
