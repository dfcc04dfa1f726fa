#include "nanoserve/server.h"

#include <signal.h>

#include <array>
#include <atomic>
#if defined(__SANITIZE_THREAD__)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK  // the sanitizer does not understand fences
#endif
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>  // before asio: Boost 1.74 uses std::exchange without including it

#include "nano/checkpoint.h"
#include "nano/decode.h"
#include "nanoserve/api.h"
#include "nanoserve/compute.h"

namespace nano {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::ip::tcp;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostHeader = 8 * 1024;
constexpr std::size_t kMostBody = 64 * 1024;
constexpr std::size_t kMostWaiting = 16;
constexpr std::size_t kMostDrained = 1024 * 1024;  // of a request that was refused unread
constexpr auto kPatience = 10s;
constexpr auto kLastChance = 2s;  // for requests under way when the server is told to stop

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

// What the compute thread is asked and what came of it so far. Shared because either side may be
// the last to let go: the connection when its client leaves, the compute thread when it is stopped.
struct Generation {
  explicit Generation(net::io_context& context) : changed(context) {}
  std::atomic<bool> cancelled = false;  // written by the loop, read by the compute thread
  net::steady_timer changed;            // this and what follows belong to the loop's thread
  std::deque<std::uint8_t> bytes;
  bool done = false;
};

struct Connection {
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
  beast::tcp_stream stream;
  bool busy = false;  // a whole request is here and its answer is not yet written
};

std::int64_t unix_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Response response(unsigned status, std::string body, unsigned version) {
  Response out(http::int_to_status(status), version);
  out.set(http::field::content_type, "application/json");
  out.body() = std::move(body);
  out.prepare_payload();
  return out;
}

// The refusal for a request that could not be read; nothing if nobody is there to hear it.
std::optional<Refusal> unreadable(const error_code& error) {
  if (error == http::error::body_limit) {
    return Refusal{413, "the body is larger than " + std::to_string(kMostBody) + " bytes"};
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refusal{431, "the header is larger than " + std::to_string(kMostHeader) + " bytes"};
  }
  const bool parsing = error.category() == make_error_code(http::error::bad_method).category();
  if (parsing && error != http::error::end_of_stream && error != http::error::partial_message) {
    return Refusal{400, "the request is not HTTP: " + error.message()};
  }
  return std::nullopt;
}

// Coroutines take what they are given by reference to something named that outlives the co_await:
// g++ 12 destroys some temporaries in such an expression twice.
class Server {
 public:
  Server(const ServeOptions& options, Progress& progress)
      : options_(options),
        progress_(progress),
        acceptor_(context_),
        signals_(context_, SIGTERM, SIGINT),
        stop_timer_(context_),
        tick_timer_(context_),
        load_timer_(context_),
        retry_timer_(context_),
        compute_(kMostWaiting) {}

  Result<void> run();

 private:
  Result<void> listen();
  void stop();
  net::awaitable<void> load();
  net::awaitable<void> accept();
  net::awaitable<void> tick();
  net::awaitable<void> converse(tcp::socket socket);
  net::awaitable<bool> answer(Connection&, const Request&);
  net::awaitable<bool> complete(Connection&, const Ask&, unsigned version, bool keep);
  net::awaitable<bool> stream(Connection&, const Answer&, Generation&, bool usage);
  net::awaitable<bool> refuse(Connection&, const Refusal&, unsigned version, bool keep);
  net::awaitable<bool> send(Connection&, Response&, bool keep);
  net::awaitable<bool> send_text(Connection&, const std::string&);
  net::awaitable<void> drain(Connection&);
  net::awaitable<bool> more(Generation&);
  std::shared_ptr<Generation> generate(const Ask&);
  void turn_away(tcp::socket socket);
  void report();

  const ServeOptions& options_;
  Progress& progress_;
  std::string failure_;  // why run() must fail; empty: it need not
  bool stopping_ = false;
  std::optional<Training> model_;  // read by the compute thread once it is there; then constant
  std::set<Connection*> connections_;
  std::uint64_t requests_ = 0, tokens_ = 0;
  std::uint64_t reported_requests_ = 0, reported_tokens_ = 0;
  std::uint64_t seed_ = std::random_device{}();  // of requests that bring none
  net::io_context context_{1};                   // destroys the coroutines, which use the above
  tcp::acceptor acceptor_;
  net::signal_set signals_;
  net::steady_timer stop_timer_, tick_timer_, load_timer_, retry_timer_;
  Compute compute_;  // goes first: its tasks post to the loop
};

Result<void> Server::listen() {
  error_code error;
  const tcp::endpoint wanted(net::ip::address_v4::loopback(),
                             static_cast<std::uint16_t>(options_.port));
  acceptor_.open(wanted.protocol(), error);
  if (!error) acceptor_.set_option(net::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(wanted, error);
  if (!error) acceptor_.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    return fail("cannot listen on 127.0.0.1:" + std::to_string(options_.port) + ": " +
                error.message());
  }
  const std::string line =
      "{\"listening\":\"127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "\"}";
  if (progress_.is_file()) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }
  return progress_.line(line);
}

Result<void> Server::run() {
  if (auto listening = listen(); !listening) return listening;
  signals_.async_wait([this](const error_code& error, int) {
    if (!error) stop();
  });
  net::co_spawn(context_, load(), net::detached);
  net::co_spawn(context_, accept(), net::detached);
  net::co_spawn(context_, tick(), net::detached);
  context_.run();
  report();
  if (!failure_.empty()) return fail(failure_);
  return {};
}

void Server::stop() {
  if (stopping_) return;
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  signals_.cancel(ignored);
  tick_timer_.cancel();
  load_timer_.cancel();
  retry_timer_.cancel();
  for (Connection* connection : connections_) {
    if (!connection->busy) connection->stream.close();
  }
  if (connections_.empty()) return;
  stop_timer_.expires_after(kLastChance);
  stop_timer_.async_wait([this](const error_code& error) {
    if (!error) context_.stop();
  });
}

// Loads on the compute thread; as long as the folder has no checkpoint, again every 100 ms.
net::awaitable<void> Server::load() {
  const auto give_up = steady_clock::now() + std::chrono::seconds(options_.wait);
  while (!stopping_ && !model_) {
    auto result = std::make_shared<std::optional<Result<Search>>>();  // of two threads
    const auto task = [this, result](const std::atomic<bool>&) {
      auto search = newest_checkpoint(options_.folder);
      net::post(context_, [this, result, search = std::move(search)]() mutable {
        *result = std::move(search);
        load_timer_.cancel();
      });
    };
    compute_.submit(task);
    while (!*result && !stopping_) {
      error_code ignored;
      load_timer_.expires_at(steady_clock::time_point::max());
      co_await load_timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
    if (stopping_) co_return;
    Result<Search>& search = **result;
    if (search && search->found) {
      for (const std::string& skipped : search->skipped) {
        std::fprintf(stderr, "nanoserve: skipped: %s\n", skipped.c_str());
      }
      model_ = std::move(search->found->training);
    } else if (steady_clock::now() >= give_up) {
      failure_ = search ? "there is no checkpoint in " + options_.folder : search.error();
      stop();
    } else {
      error_code ignored;
      retry_timer_.expires_after(100ms);
      co_await retry_timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
  }
}

net::awaitable<void> Server::accept() {
  while (!stopping_) {
    error_code error;
    tcp::socket socket(context_);
    co_await acceptor_.async_accept(socket, net::redirect_error(net::use_awaitable, error));
    if (stopping_) co_return;
    if (error) {  // no descriptor left, or the client is gone already
      error_code ignored;
      net::steady_timer pause(context_, 50ms);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, ignored));
    } else if (connections_.size() >= kMostConnections) {
      turn_away(std::move(socket));
    } else {
      net::co_spawn(context_, converse(std::move(socket)), net::detached);
    }
  }
}

// One attempt that cannot wait: a refusal must cost less than an answer.
void Server::turn_away(tcp::socket socket) {
  const std::string body = error_body(503, "64 connections are open; try again later");
  const std::string text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: "
      "close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

net::awaitable<void> Server::tick() {
  while (!stopping_) {
    error_code ignored;
    tick_timer_.expires_after(1s);
    co_await tick_timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    report();
  }
}

void Server::report() {
  if (requests_ == reported_requests_ && tokens_ == reported_tokens_) return;
  reported_requests_ = requests_;
  reported_tokens_ = tokens_;
  const auto told = progress_.line("{\"requests\":" + std::to_string(requests_) +
                                   ",\"tokens\":" + std::to_string(tokens_) + "}");
  if (!told && failure_.empty()) {  // unmetered service is not what was agreed
    failure_ = told.error();
    stop();
  }
}

net::awaitable<void> Server::converse(tcp::socket socket) {
  Connection connection(std::move(socket));
  struct Listed {
    std::set<Connection*>& all;
    Connection* self;
    ~Listed() { all.erase(self); }
  };
  connections_.insert(&connection);
  const Listed listed{connections_, &connection};
  beast::flat_buffer buffer(kMostHeader + kMostBody);
  bool keep = true;
  while (keep && !stopping_) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMostHeader);
    parser.body_limit(kMostBody);
    error_code error;
    connection.stream.expires_after(kPatience);
    co_await http::async_read(connection.stream, buffer, parser,
                              net::redirect_error(net::use_awaitable, error));
    connection.busy = true;
    if (error) {
      std::optional<Refusal> refusal = unreadable(error);
      if (refusal && !stopping_) {
        co_await refuse(connection, *refusal, 11, false);
        co_await drain(connection);
      }
      break;
    }
    const Request request = parser.release();
    keep = co_await answer(connection, request);
    connection.busy = false;
  }
  error_code ignored;
  connection.stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  if (stopping_ && connections_.size() == 1) stop_timer_.cancel();
}

// Reads on for a moment, so that a client that is still sending gets to read its refusal.
net::awaitable<void> Server::drain(Connection& connection) {
  error_code error;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, error);
  connection.stream.expires_after(1s);
  std::array<char, 8192> bytes;
  for (std::size_t read = 0; !error && read < kMostDrained;) {
    read += co_await connection.stream.async_read_some(
        net::buffer(bytes), net::redirect_error(net::use_awaitable, error));
  }
}

net::awaitable<bool> Server::answer(Connection& connection, const Request& request) {
  const unsigned version = request.version();
  const bool keep = request.keep_alive();
  const std::string target(request.target());
  const std::string path = target.substr(0, target.find('?'));
  const bool completions = path == "/v1/completions";
  const bool chat = path == "/v1/chat/completions";
  if (!completions && !chat && path != "/health" && path != "/v1/models") {
    const Refusal refusal{404, "there is nothing at this path"};
    co_return co_await refuse(connection, refusal, version, keep);
  }
  const http::verb method = completions || chat ? http::verb::post : http::verb::get;
  if (request.method() != method) {
    const Refusal refusal{405, path + " takes " + std::string(http::to_string(method))};
    co_return co_await refuse(connection, refusal, version, keep);
  }
  if (!model_) {
    const Refusal refusal{503, "the model is not loaded yet"};
    co_return co_await refuse(connection, refusal, version, keep);
  }
  if (completions || chat) {
    auto ask = parse_ask(chat, request.body(), options_.model);
    if (!ask) {
      const Refusal refusal = ask.error();
      co_return co_await refuse(connection, refusal, version, keep);
    }
    co_return co_await complete(connection, *ask, version, keep);
  }
  std::string body =
      path == "/health" ? R"({"status":"ok"})" : models_body(options_.model, unix_time());
  Response out = response(200, std::move(body), version);
  co_return co_await send(connection, out, keep);
}

// Starts a completion on the compute thread; nothing if too many wait already.
std::shared_ptr<Generation> Server::generate(const Ask& ask) {
  auto generation = std::make_shared<Generation>(context_);
  const Sampling sampling{ask.temperature, ask.seed ? *ask.seed : ++seed_};
  const auto task = [this, generation, sampling, prompt = ask.prompt,
                     count = ask.max_tokens](const std::atomic<bool>& stopping) {
    Continuation text(model_->shape, model_->weights, prompt, sampling);
    for (std::size_t i = 0; i < count && !stopping && !generation->cancelled; ++i) {
      const std::uint8_t byte = text.next();
      net::post(context_, [generation, byte, last = i + 1 == count] {
        generation->bytes.push_back(byte);
        generation->done = last;
        generation->changed.cancel();
      });
    }
  };
  return compute_.submit(task) ? generation : nullptr;
}

// Waits until there is a byte; false if none came in time.
net::awaitable<bool> Server::more(Generation& generation) {
  const auto give_up = steady_clock::now() + kPatience;
  while (generation.bytes.empty() && !generation.done && steady_clock::now() < give_up) {
    error_code ignored;
    generation.changed.expires_at(give_up);
    co_await generation.changed.async_wait(net::redirect_error(net::use_awaitable, ignored));
  }
  co_return !generation.bytes.empty();
}

net::awaitable<bool> Server::complete(Connection& connection, const Ask& ask, unsigned version,
                                      bool keep) {
  std::shared_ptr<Generation> generation = generate(ask);
  if (!generation) {
    const Refusal refusal{503,
                          std::to_string(kMostWaiting) + " completions are waiting; try later"};
    co_return co_await refuse(connection, refusal, version, keep);
  }
  const std::uint64_t number = ++requests_;
  const Answer answer{(ask.chat ? "chatcmpl-" : "cmpl-") + std::to_string(number), options_.model,
                      unix_time(), ask.chat, ask.prompt.size()};
  if (ask.stream) co_return co_await stream(connection, answer, *generation, ask.include_usage);
  Characters characters;
  std::string text;
  for (std::size_t i = 0; i < ask.max_tokens; ++i) {
    const bool there = co_await more(*generation);
    if (!there) {
      generation->cancelled = true;
      const Refusal refusal{503, "no token came for 10 s"};
      co_return co_await refuse(connection, refusal, version, keep);
    }
    text += characters.add(generation->bytes.front());
    generation->bytes.pop_front();
    ++tokens_;
  }
  text += characters.rest();
  std::string body = whole_answer(answer, text, ask.max_tokens);
  Response out = response(200, std::move(body), version);
  co_return co_await send(connection, out, keep);
}

// Server-sent events. The body ends where the connection does: its length is not known before.
net::awaitable<bool> Server::stream(Connection& connection, const Answer& answer,
                                    Generation& generation, bool usage) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-cache\r\nConnection: close\r\n\r\n";
  bool open = co_await send_text(connection, head);
  Characters characters;
  std::size_t count = 0;
  bool there = true;
  while (open && there && !(generation.done && generation.bytes.empty())) {
    there = co_await more(generation);
    std::string events;
    while (!generation.bytes.empty()) {
      const std::string piece = characters.add(generation.bytes.front());
      generation.bytes.pop_front();
      ++count;
      ++tokens_;
      if (!piece.empty()) events += "data: " + answer_piece(answer, piece, false) + "\n\n";
    }
    if (!events.empty()) open = co_await send_text(connection, events);
  }
  generation.cancelled = true;
  std::string end;
  if (there) {
    end = "data: " + answer_piece(answer, characters.rest(), true) + "\n\n";
    if (usage) end += "data: " + usage_piece(answer, count) + "\n\n";
  } else {
    end = "data: " + error_body(503, "no token came for 10 s") + "\n\n";
  }
  end += "data: [DONE]\n\n";
  if (open) co_await send_text(connection, end);
  co_return false;
}

net::awaitable<bool> Server::refuse(Connection& connection, const Refusal& refusal,
                                    unsigned version, bool keep) {
  std::string body = error_body(refusal.status, refusal.message);
  Response out = response(refusal.status, std::move(body), version);
  co_return co_await send(connection, out, keep);
}

net::awaitable<bool> Server::send(Connection& connection, Response& out, bool keep) {
  out.keep_alive(keep && !stopping_);
  error_code error;
  connection.stream.expires_after(kPatience);
  co_await http::async_write(connection.stream, out,
                             net::redirect_error(net::use_awaitable, error));
  co_return !error && out.keep_alive();
}

net::awaitable<bool> Server::send_text(Connection& connection, const std::string& text) {
  error_code error;
  connection.stream.expires_after(kPatience);
  co_await net::async_write(connection.stream, net::buffer(text),
                            net::redirect_error(net::use_awaitable, error));
  co_return !error;
}

}  // namespace

Result<void> serve(const ServeOptions& options, Progress& progress) {
  Server server(options, progress);
  return server.run();
}

}  // namespace nano
