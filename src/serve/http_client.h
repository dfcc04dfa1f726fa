#pragma once
// Reaches a daemon over HTTP. One connection per request, so that nothing is ever sent twice.

#include <string>

#include "serve/api.h"
#include "units/time.h"

namespace granary {

class HttpTransport final : public Transport {
 public:
  struct Timeouts {
    Span connect = std::chrono::seconds(5);
    Span answer = std::chrono::seconds(60);
  };
  // "http://127.0.0.1:7420". The token is sent as it is; empty: none.
  HttpTransport(std::string url, std::string token) : HttpTransport(url, token, Timeouts{}) {}
  HttpTransport(std::string url, std::string token, const Timeouts& timeouts)
      : url_(std::move(url)), token_(std::move(token)), timeouts_(timeouts) {}

  // G1042 for an address that is not http://HOST:PORT, G7008 when nobody answers there.
  Result<HttpResponse> send(const HttpRequest&) override;

 private:
  std::string url_, token_;
  Timeouts timeouts_;
};

}  // namespace granary
