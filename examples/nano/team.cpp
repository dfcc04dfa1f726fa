#include "nano/team.h"

namespace nano {

Team::Team(std::size_t ranks) {
  for (std::size_t rank = 1; rank < ranks; ++rank) {
    threads_.emplace_back([this, rank] { follow(rank); });
  }
}

Team::~Team() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(std::size_t)>& part) {
  {
    const std::lock_guard lock(mutex_);
    part_ = &part;
    busy_ = threads_.size();
    ++round_;
  }
  changed_.notify_all();
  part(0);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return busy_ == 0; });
}

void Team::follow(std::size_t rank) {
  std::size_t done = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return over_ || round_ != done; });
    if (over_) return;
    done = round_;
    const auto* part = part_;
    lock.unlock();
    (*part)(rank);
    lock.lock();
    if (--busy_ == 0) changed_.notify_all();
  }
}

}  // namespace nano
