#include "nanoserve/compute.h"

#include <utility>

namespace nano {

Compute::Compute(std::size_t most_waiting)
    : most_waiting_(most_waiting), thread_([this] { work(); }) {}

Compute::~Compute() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Compute::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(task));
  }
  changed_.notify_all();
  return true;
}

void Compute::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task(stopping_);
    lock.lock();
  }
}

}  // namespace nano
