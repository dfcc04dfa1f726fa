#include "serve/http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <utility>  // before asio: 1.74 uses std::exchange without including it

namespace granary {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
using beast::error_code;
using net::ip::tcp;

constexpr std::uint64_t largest_answer = std::uint64_t{64} << 20;

auto into(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

struct Place {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const { return host + ":" + std::to_string(port); }
};

Result<Place> parse_place(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  std::string_view rest(url);
  Place place;
  if (rest.starts_with(scheme)) {
    rest.remove_prefix(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && colon > 0) {
      place.host = std::string(rest.substr(0, colon));
      if (place.host.starts_with('[') && place.host.ends_with(']')) {
        place.host = place.host.substr(1, place.host.size() - 2);
      }
      const char* const end = rest.data() + rest.size();
      const auto [stop, error] = std::from_chars(rest.data() + colon + 1, end, place.port);
      if (error == std::errc{} && stop == end && place.port != 0) return place;
    }
  }
  return fail(Error::Kind::invalid, 1042,
              "\"" + url.substr(0, 80) + "\" is not the address of a granaryd.",
              "GRANARY_URL=http://127.0.0.1:7420");
}

http::request<http::string_body> message_of(const HttpRequest& request, const Place& place,
                                            const std::string& token) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.set(http::field::host, place.text());
  if (!token.empty()) message.set(http::field::authorization, "Bearer " + token);
  message.keep_alive(false);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

net::awaitable<error_code> exchange(const HttpTransport::Timeouts& timeouts, const Place& place,
                                    http::request<http::string_body>& message,
                                    http::response_parser<http::string_body>& parser) {
  const auto executor = co_await net::this_coro::executor;
  error_code ec;
  tcp::resolver resolver(executor);
  const auto found =
      co_await resolver.async_resolve(place.host, std::to_string(place.port), into(ec));
  if (ec) co_return ec;
  beast::tcp_stream stream(executor);
  stream.expires_after(timeouts.connect);
  co_await stream.async_connect(found, into(ec));
  if (ec) co_return ec;
  stream.socket().set_option(tcp::no_delay(true), ec);
  stream.expires_after(timeouts.answer);
  error_code unsent;  // an answer may come before all was sent: too large, too busy
  co_await http::async_write(stream, message, into(unsent));
  beast::flat_buffer buffer;
  co_await http::async_read(stream, buffer, parser, into(ec));
  co_return ec&& unsent ? unsent : ec;
}

}  // namespace

Result<HttpResponse> HttpTransport::send(const HttpRequest& request) {
  const auto place = parse_place(url_);
  if (!place) return fail(place.error());
  auto message = message_of(request, *place, token_);
  http::response_parser<http::string_body> parser;
  parser.body_limit(largest_answer);
  net::io_context io(1);
  error_code outcome = net::error::operation_aborted;
  net::co_spawn(io, exchange(timeouts_, *place, message, parser),
                [&](std::exception_ptr thrown, error_code ec) {
                  if (!thrown) outcome = ec;
                });
  io.run();
  if (outcome) {
    return fail(Error::Kind::unavailable, 7008,
                "granaryd at " + place->text() + " does not answer. Is it running? (" +
                    outcome.message() + ")",
                "start it: granaryd");
  }
  auto& answer = parser.get();
  return HttpResponse{static_cast<int>(answer.result_int()),
                      std::string(answer[http::field::content_type]), std::move(answer.body())};
}

}  // namespace granary
