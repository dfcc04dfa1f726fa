#pragma once
// The HTTP API without HTTP: requests in, responses out, over any Core. The route table is
// routes.cpp; one file per noun in routes/. docs/API.md lists them.

#include <map>
#include <string>

#include "serve/core.h"

namespace granary {

struct HttpRequest {
  std::string method;                          // GET, POST
  std::string target;                          // "/v1/queue?state=waiting"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string actor;  // who the token names; empty: not authenticated
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Answers one request. Never throws; a fault of ours is 500 with G9000. Menus are computed on the
// calling thread over a configuration taken from the core, so they hold nobody up.
HttpResponse answer(const HttpRequest&, Core&);

// Status of an error: invalid 400, not_found 404, refused 403, conflict 409 (a key with another
// body: 422), infeasible 422, unavailable 503, unauthenticated 401, others 500.
int http_status(const Error&);
// {"type":"/help/G4002","title":..,"status":..,"detail":..,"code":"G4002","kind":..,"fixes":[..]}
HttpResponse problem(const Error&);

// How a client reaches the API: over HTTP, or straight into a Core.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<HttpResponse> send(const HttpRequest&) = 0;  // G7008: not reachable
};

}  // namespace granary
