#include "serve/http_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <set>
#include <thread>
#include <utility>  // before asio: 1.74 uses std::exchange without including it

// g++ 12 takes the frames of Asio's coroutines for memory of plain new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace granary {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
using beast::error_code;
using net::ip::tcp;

constexpr std::size_t discarded_at_most = std::size_t{4} << 20;  // of a request that was refused
constexpr auto linger = std::chrono::seconds(1);

auto into(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

HttpResponse trouble(int status, Error error) {
  HttpResponse response = problem(error);
  response.status = status;
  return response;
}

HttpResponse too_busy(const std::string& what) {
  return trouble(503, {Error::Kind::unavailable, 7007, what, "try again in a second"});
}

// What is wrong with a request that could not be read; nothing to say when the client has gone.
std::optional<HttpResponse> unreadable(error_code ec, const HttpServer::Options& options) {
  const auto invalid = [](int status, int code, std::string what) {
    return trouble(status, {Error::Kind::invalid, code, std::move(what), ""});
  };
  if (ec == http::error::body_limit) {
    return invalid(413, 1043,
                   "A body may have at most " + std::to_string(options.body_bytes) + " bytes.");
  }
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    return invalid(431, 1044,
                   "Headers may have at most " + std::to_string(options.header_bytes) + " bytes.");
  }
  const bool ours = ec.category() == make_error_code(http::error::bad_method).category();
  if (ours && ec != http::error::end_of_stream && ec != http::error::partial_message) {
    return invalid(400, 1045, "This is not an HTTP request: " + ec.message() + ".");
  }
  return std::nullopt;
}

template <class Fields>
HttpRequest read_head(const Fields& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    request.headers.emplace(std::move(name), std::string(field.value()));
  }
  return request;
}

// Who asks; nothing: nobody we know.
std::optional<std::string> caller(const HttpRequest& request, const HttpServer::ActorOf& actor_of) {
  if (request.method == "GET" && request.target == "/livez") return std::string();
  const auto found = request.headers.find("authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (found == request.headers.end() || !found->second.starts_with(scheme)) return std::nullopt;
  return actor_of(std::string_view(found->second).substr(scheme.size()));
}

HttpResponse unknown_caller() {
  return trouble(
      401, {Error::Kind::unauthenticated, 8001, "The request carries no token that granaryd knows.",
            "set GRANARY_TOKEN_FILE to the file that granaryd wrote: <data>/token"});
}

Result<void> open_on(tcp::acceptor& acceptor, const std::string& name, std::uint16_t port) {
  const std::string where = name + ":" + std::to_string(port);
  error_code ec;
  const auto address = net::ip::make_address(name, ec);
  if (ec || !address.is_loopback()) {
    return fail(Error::Kind::refused, 7026,
                "granaryd listens on this machine only; " + where +
                    " is not one of its loopback "
                    "addresses.",
                "--listen 127.0.0.1:7420");
  }
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
  if (!ec) return {};
  return fail(Error::Kind::unavailable, 7026,
              "granaryd cannot listen on " + where + ": " + ec.message() + ".",
              "stop what listens there, or choose another port: --listen 127.0.0.1:0");
}

}  // namespace

// One client's connection, as stop() sees it. Lives in its coroutine's frame.
struct Connection {
  beast::tcp_stream stream;
  bool answering = false;
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
};

class HttpServer::Running {
 public:
  Running(Options options, ActorOf actor_of, Handler handler)
      : options_(std::move(options)),
        actor_of_(std::move(actor_of)),
        handler_(std::move(handler)),
        acceptor_(io_),
        workers_(static_cast<std::size_t>(std::max(options_.workers, 1))) {}

  Result<void> listen();
  void start();
  void stop();
  std::uint16_t port() const { return port_; }

 private:
  void leave();
  net::awaitable<void> accept();
  net::awaitable<void> turn_away(tcp::socket socket);
  net::awaitable<void> serve(tcp::socket socket);
  net::awaitable<bool> exchange(Connection&, beast::flat_buffer&);
  net::awaitable<HttpResponse> handle(const HttpRequest&);
  HttpResponse handled(const HttpRequest&) const;  // on a worker
  net::awaitable<bool> write(Connection&, HttpResponse, bool keep_alive);
  net::awaitable<void> close(Connection&);

  Options options_;
  ActorOf actor_of_;
  Handler handler_;
  net::io_context io_{1};
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  net::steady_timer last_moment_{io_};  // of connections, once stopping
  std::set<Connection*> connections_;
  std::size_t turning_away_ = 0, in_flight_ = 0;
  bool stopping_ = false;
  net::thread_pool workers_;  // ends before io_: what runs there goes on in io_
  std::thread thread_;
};

Result<void> HttpServer::Running::listen() {
  if (auto good = open_on(acceptor_, options_.address, options_.port); !good) return good;
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void HttpServer::Running::start() {
  net::co_spawn(io_, accept(), net::detached);
  thread_ = std::thread([this] { io_.run(); });
}

void HttpServer::Running::stop() {
  if (!thread_.joinable()) return;
  net::post(io_, [this] {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (Connection* connection : connections_) {
      if (!connection->answering) connection->stream.close();
    }
    last_moment_.expires_after(options_.stop_timeout);
    last_moment_.async_wait([this](error_code ec) {
      if (ec) return;
      for (Connection* connection : connections_) connection->stream.close();
    });
    leave();
  });
  thread_.join();
  workers_.join();
}

// The I/O thread ends when nothing is left to do.
void HttpServer::Running::leave() {
  if (stopping_ && connections_.empty()) last_moment_.cancel();
}

net::awaitable<void> HttpServer::Running::accept() {
  net::steady_timer pause(io_);
  while (!stopping_) {
    error_code ec;
    tcp::socket socket(io_);
    co_await acceptor_.async_accept(socket, into(ec));
    if (stopping_ || ec == net::error::operation_aborted) co_return;
    if (ec) {  // too many open files, most likely: some will be closed
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(into(ec));
    } else if (connections_.size() < options_.connections) {
      net::co_spawn(io_, serve(std::move(socket)), net::detached);
    } else if (turning_away_ < 64) {
      net::co_spawn(io_, turn_away(std::move(socket)), net::detached);
    }
  }
}

net::awaitable<void> HttpServer::Running::turn_away(tcp::socket socket) {
  ++turning_away_;
  Connection connection(std::move(socket));
  connection.stream.expires_after(linger);
  HttpResponse answer =
      too_busy(std::to_string(options_.connections) + " connections are open, which is the limit.");
  co_await write(connection, std::move(answer), false);
  co_await close(connection);
  --turning_away_;
}

net::awaitable<void> HttpServer::Running::serve(tcp::socket socket) {
  Connection connection(std::move(socket));
  connections_.insert(&connection);
  error_code ec;
  connection.stream.socket().set_option(tcp::no_delay(true), ec);
  beast::flat_buffer buffer;
  while (!stopping_ && co_await exchange(connection, buffer)) {
  }
  co_await close(connection);
  connections_.erase(&connection);
  leave();
}

// One request and its answer; false when it was the last. One deadline for all of the request, so
// that dripping bytes does not extend it.
net::awaitable<bool> HttpServer::Running::exchange(Connection& connection,
                                                   beast::flat_buffer& buffer) {
  beast::tcp_stream& stream = connection.stream;
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes));
  parser.body_limit(options_.body_bytes);
  stream.expires_after(options_.request_timeout);
  error_code ec;
  co_await http::async_read_header(stream, buffer, parser, into(ec));
  connection.answering = true;
  if (ec) {
    auto answer = unreadable(ec, options_);
    if (answer) co_await write(connection, std::move(*answer), false);
    co_return false;
  }
  HttpRequest request = read_head(parser.get());
  const auto actor = caller(request, actor_of_);
  if (!actor) {
    const bool keep = parser.is_done() && parser.keep_alive();
    HttpResponse answer = unknown_caller();
    const bool written = co_await write(connection, std::move(answer), keep);
    connection.answering = false;
    co_return written;
  }
  request.actor = *actor;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
    co_await http::async_write(stream, go_on, into(ec));
  }
  if (!ec) co_await http::async_read(stream, buffer, parser, into(ec));
  if (ec) {
    auto answer = unreadable(ec, options_);
    if (answer) co_await write(connection, std::move(*answer), false);
    co_return false;
  }
  request.body = std::move(parser.get().body());
  stream.expires_never();
  HttpResponse answer = co_await handle(request);
  stream.expires_after(options_.request_timeout);
  const bool keep = parser.keep_alive() && !stopping_;
  const bool written = co_await write(connection, std::move(answer), keep);
  connection.answering = false;
  co_return written;
}

net::awaitable<HttpResponse> HttpServer::Running::handle(const HttpRequest& request) {
  if (in_flight_ >= options_.in_flight) {
    co_return too_busy(std::to_string(in_flight_) +
                       " requests are being answered, which is the "
                       "limit.");
  }
  ++in_flight_;
  auto work = [this, &request]() -> net::awaitable<HttpResponse> { co_return handled(request); };
  HttpResponse response = co_await net::co_spawn(workers_, std::move(work), net::use_awaitable);
  --in_flight_;
  co_return response;
}

HttpResponse HttpServer::Running::handled(const HttpRequest& request) const {
  try {
    return handler_(request);
  } catch (const std::exception& exception) {
    return problem(
        {Error::Kind::bug, 9000, std::string("A handler failed: ") + exception.what(), ""});
  }
}

// False when the connection is at its end.
net::awaitable<bool> HttpServer::Running::write(Connection& connection, HttpResponse response,
                                                bool keep_alive) {
  http::response<http::string_body> message;
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  message.set(http::field::content_type, response.content_type);
  message.set("X-Content-Type-Options", "nosniff");
  message.set(http::field::cache_control, "no-store");
  if (response.status == 401) message.set(http::field::www_authenticate, "Bearer");
  if (response.status == 503) message.set(http::field::retry_after, "1");
  message.body() = std::move(response.body);
  message.keep_alive(keep_alive);
  message.prepare_payload();
  error_code ec;
  co_await http::async_write(connection.stream, message, into(ec));
  co_return keep_alive && !ec;
}

// What the client still sends is read for a moment: a socket closed with unread bytes takes the
// answer with it.
net::awaitable<void> HttpServer::Running::close(Connection& connection) {
  error_code ec;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
  connection.stream.expires_after(linger);
  std::size_t discarded = 0;
  std::string part(16'384, '\0');
  while (!ec && !stopping_ && discarded < discarded_at_most) {
    discarded += co_await connection.stream.async_read_some(net::buffer(part), into(ec));
  }
  connection.stream.close();
}

HttpServer::HttpServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(Options options, ActorOf actor_of,
                                                      Handler handler) {
  auto running =
      std::make_unique<Running>(std::move(options), std::move(actor_of), std::move(handler));
  if (auto listening = running->listen(); !listening) return fail(listening.error());
  running->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(running)));
}

Result<void> HttpServer::can_listen(const std::string& address, std::uint16_t port) {
  net::io_context io;
  tcp::acceptor acceptor(io);
  return open_on(acceptor, address, port);
}

std::uint16_t HttpServer::port() const { return running_->port(); }
void HttpServer::stop() { running_->stop(); }

}  // namespace granary
