#include "execute/local/lease.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace granary {

namespace {

std::int64_t since_boot() {
  struct timespec now {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

// In place, at one length: a full disk does not end what holds a lease.
bool write_number(int folder, std::uint64_t number) {
  const Descriptor file(
      ::openat(folder, "lease", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return false;
  const std::string text = fmt::format("{:020}\n", number);
  return ::pwrite(file.number(), text.data(), text.size(), 0) ==
             static_cast<ssize_t>(text.size()) &&
         ::fsync(file.number()) == 0;
}

}  // namespace

Result<bool> Lease::take(int folder) {
  if (!write_number(folder, 1)) return file_error("write", "lease");
  return !has_file(folder, "revoked");
}

Lease::Lease(int folder, Span time, std::function<void()> kill)
    : folder_(folder), time_(time), kill_(std::move(kill)), renewed_(since_boot()) {
  renewer_ = std::thread([this] { renew(); });
  watcher_ = std::thread([this] { watch(); });
}

Lease::~Lease() {
  end();
  renewer_.join();
  watcher_.join();
}

void Lease::end() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

bool Lease::wait(Span span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return over_; });
}

void Lease::renew() {
  const Span every = std::max<Span>(time_ / 4, std::chrono::milliseconds(1));
  const Span look = std::min<Span>(every, std::chrono::seconds(1));
  std::uint64_t number = 1;
  std::int64_t next = since_boot() + every.count();
  while (wait(look)) {
    if (has_file(folder_, "revoked")) revoked_ = true;
    const std::int64_t now = since_boot();
    if (now < next) continue;
    next = now + every.count();
    // The time before the write: an executor sees the number change no earlier.
    if (write_number(folder_, ++number)) renewed_ = now;
  }
}

void Lease::watch() {
  const Span look =
      std::clamp<Span>(time_ / 16, std::chrono::milliseconds(1), std::chrono::milliseconds(500));
  while (wait(look)) {
    if (revoked_ || since_boot() - renewed_ >= time_.count()) lost_ = true;
    if (!lost_) continue;
    const std::lock_guard lock(mutex_);
    if (!over_) kill_();
  }
}

}  // namespace granary
