#include "execute/local/health.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "execute/local/files.h"

namespace granary {

namespace {

using Steady = std::chrono::steady_clock;

// One question on its way.
struct Call {
  Descriptor socket;
  std::string to_send, got;
  bool connected = false, over = false, healthy = false;

  void end(bool good) {
    healthy = good;
    over = true;
    socket.close();
  }
};

Call begin(const Healthy& service) {
  Call call;
  if (!service.path.empty()) {
    call.to_send = "GET " + service.path +
                   " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  }
  call.socket = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(service.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!call.socket || (::connect(call.socket.number(), reinterpret_cast<sockaddr*>(&address),
                                 sizeof address) != 0 &&
                       errno != EINPROGRESS)) {
    call.end(false);
  }
  return call;
}

void receive(Call& call) {
  constexpr std::string_view prefix = "HTTP/1.";
  constexpr std::size_t enough = prefix.size() + 6;  // "HTTP/1.1 200 "
  char buffer[64];
  const ssize_t got = ::recv(call.socket.number(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return call.end(false);
  call.got.append(buffer, static_cast<std::size_t>(got));
  if (call.got.size() < enough) return;
  const std::string status = call.got.substr(prefix.size() + 1, 5);
  call.end(call.got.starts_with(prefix) && (status == " 200 " || status == " 200\r"));
}

void advance(Call& call) {
  if (!call.connected) {
    int cause = 0;
    socklen_t size = sizeof cause;
    ::getsockopt(call.socket.number(), SOL_SOCKET, SO_ERROR, &cause, &size);
    if (cause != 0) return call.end(false);
    call.connected = true;
    if (call.to_send.empty()) return call.end(true);
  }
  if (call.to_send.empty()) return receive(call);
  const ssize_t sent =
      ::send(call.socket.number(), call.to_send.data(), call.to_send.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return call.end(false);
  if (sent > 0) call.to_send.erase(0, static_cast<std::size_t>(sent));
}

}  // namespace

std::vector<bool> check_health(const std::vector<Healthy>& services, Span timeout) {
  std::vector<Call> calls;
  for (const Healthy& service : services) calls.push_back(begin(service));
  const auto deadline = Steady::now() + timeout;
  while (true) {
    std::vector<pollfd> watched;
    std::vector<Call*> waiting;
    for (Call& call : calls) {
      if (call.over) continue;
      const bool sending = !call.connected || !call.to_send.empty();
      watched.push_back({call.socket.number(), static_cast<short>(sending ? POLLOUT : POLLIN), 0});
      waiting.push_back(&call);
    }
    const auto left = std::chrono::ceil<Span>(deadline - Steady::now());
    if (waiting.empty() || left <= Span{}) break;
    ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (watched[i].revents != 0) advance(*waiting[i]);
    }
  }
  std::vector<bool> healthy;
  for (const Call& call : calls) healthy.push_back(call.over && call.healthy);
  return healthy;
}

}  // namespace granary
