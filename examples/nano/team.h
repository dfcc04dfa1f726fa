#pragma once
// A fixed number of threads that do the same thing to different parts, again and again.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nano {

class Team {
 public:
  explicit Team(std::size_t ranks);  // the caller's thread is rank 0
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // Runs part(0) to part(ranks - 1) at the same time; returns when all are done. `part` must not
  // throw. What a part wrote is visible to all parts of the next run.
  void run(const std::function<void(std::size_t)>& part);

 private:
  void follow(std::size_t rank);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(std::size_t)>* part_ = nullptr;
  std::size_t round_ = 0;
  std::size_t busy_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nano
