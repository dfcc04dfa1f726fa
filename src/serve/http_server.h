#pragma once
// HTTP/1.1 over loopback: reads requests within limits, checks who asks, has a handler answer.
// Connections wait on one I/O thread, however many and however slow they are; handlers run on a few
// workers. What a client may do wrong is answered here: 400, 401, 413, 431, 503; who is too slow is
// cut off.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "serve/api.h"
#include "units/time.h"

namespace granary {

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  struct Options {
    std::string address = "127.0.0.1";  // of this machine only
    std::uint16_t port = 0;             // 0: any free one
    int workers = 2;                    // handlers at once
    std::size_t header_bytes = 8'192;   // 431
    std::size_t body_bytes = 1 << 20;   // 413
    std::size_t connections = 1'024;    // 503
    std::size_t in_flight = 512;        // requests handled or waiting for a worker; 503
    Span request_timeout =
        std::chrono::seconds(10);                 // from the wait for a request to its last byte
    Span stop_timeout = std::chrono::seconds(5);  // for answers on their way
  };
  // Whose token it is; nothing: 401 (G8001), but for GET /livez. Called on the I/O thread.
  using ActorOf = std::function<std::optional<std::string>(std::string_view token)>;

  // Whether one could listen there now; G7026 as start() says it.
  static Result<void> can_listen(const std::string& address, std::uint16_t port);
  // Listens when it returns. G7026: not an address of this machine's loopback, or taken.
  static Result<std::unique_ptr<HttpServer>> start(Options, ActorOf, Handler);
  ~HttpServer();  // as stop()

  std::uint16_t port() const;
  // Takes no more connections, finishes the answers on their way, closes. Safe to repeat.
  void stop();

 private:
  class Running;
  explicit HttpServer(std::unique_ptr<Running>);
  std::unique_ptr<Running> running_;
};

}  // namespace granary
