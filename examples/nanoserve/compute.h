#pragma once
// One thread that does what the event loop must not: load a model and run it. Work waits in a
// bounded queue.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace nano {

class Compute {
 public:
  using Task = std::function<void(const std::atomic<bool>& stopping)>;

  explicit Compute(std::size_t most_waiting);
  ~Compute();  // tells the running task to stop, waits for it, drops the others
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;

  // False if the queue is full. Tasks run in the order they came; a task must not throw.
  bool submit(Task);

 private:
  void work();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace nano
