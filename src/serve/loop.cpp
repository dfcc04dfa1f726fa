#include "serve/loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/codec.h"

namespace granary {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t page = 1'000;     // entries read at once
constexpr milliseconds tick_pause{10};  // real time between ticks, at least
// Of a start: what executors have to say of meanwhile is heard before time passes.
constexpr milliseconds first_tick{150};
constexpr milliseconds full_disk_pause{500};  // after a batch that found no room
constexpr double longest_wait = 1'000;        // ms; then the clock is read again: people set clocks

const Limits& limits_of(const State& state) {
  static const Limits before;
  return state.configuration ? state.configuration->limits : before;
}

Error stopped_by(const Error& cause) {
  return {Error::Kind::unavailable, 7001,
          "The journal failed, so nothing more is written: " + cause.what,
          "repair the disk and start granaryd again"};
}

Request internal(std::string actor, Command command) {
  const Hash body = body_hash(command);
  return {"", body, std::move(actor), std::move(command)};
}

// The answer among the events: the last one, whatever else the command led to.
Answer answer_of(const Request& request, const std::vector<Event>& events, Instant now) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (const auto* answered = std::get_if<Answered>(&*event)) {
      return {answered->body, answered->made, std::nullopt, answered->at};
    }
    if (const auto* refused = std::get_if<Refused>(&*event)) {
      return {refused->body, "", refused->error, refused->at};
    }
  }
  return {request.body, "", std::nullopt, now};
}

Result<void> compare_steps(State& draft, const Entry& entry) {
  const std::vector<Event> events = step_onto(draft, entry.request, entry.at);
  const std::size_t both = std::min(events.size(), entry.events.size());
  std::size_t same = 0;
  while (same < both && encode(events[same]) == encode(entry.events[same])) ++same;
  if (same == events.size() && same == entry.events.size()) return {};
  return fail(Error::Kind::bug, 9007,
              "Entry " + std::to_string(entry.sequence) + " has " +
                  std::to_string(entry.events.size()) +
                  " events; stepping its command again gives " + std::to_string(events.size()) +
                  ", and number " + std::to_string(same + 1) + " differs.");
}

Result<void> fold_entry(Recovered& recovered, const Entry& entry) {
  const Hash chain = chained(recovered.head.chain, encode(entry));
  if (entry.sequence != recovered.head.sequence + 1 || entry.chain != chain) {
    return fail(Error::Kind::bug, 9002,
                "Entry " + std::to_string(entry.sequence) + " does not follow entry " +
                    std::to_string(recovered.head.sequence) + ": its chain or sequence is wrong.");
  }
  if (auto good = fold(recovered.state, entry); !good) return good;
  recovered.head = {entry.sequence, entry.chain};
  recovered.last = entry.at;
  return {};
}

}  // namespace

Result<Recovered> recover(Journal& journal, Check check) {
  Recovered recovered;
  State draft;  // stepped, where `recovered` is folded
  for (;;) {
    const auto entries = journal.read(recovered.head.sequence, page);
    if (!entries) return fail(entries.error());
    for (const Entry& entry : *entries) {
      if (check == Check::steps) {
        if (auto same = compare_steps(draft, entry); !same) return fail(same.error());
      }
      if (auto good = fold_entry(recovered, entry); !good) return fail(good.error());
    }
    if (entries->size() < page) break;
  }
  if (check == Check::steps && digest(draft) != digest(recovered.state)) {
    return fail(Error::Kind::bug, 9007, "Stepping all commands again gives another state.");
  }
  // An orphan hold does not keep a daemon down: its first tick releases it.
  const auto good = check == Check::steps ? audit(recovered.state) : audit(recovered.state.books);
  if (!good) return fail(good.error());
  return recovered;
}

// Where one thread waits for what another will say.
class Loop::Reply {
 public:
  void give(Result<Answer> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    given_.notify_all();
  }
  Result<Answer> wait() {
    std::unique_lock lock(mutex_);
    given_.wait(lock, [&] { return answer_.has_value(); });
    return *answer_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<Result<Answer>> answer_;
};

Result<std::unique_ptr<Loop>> Loop::open(const Parts& parts, Options options) {
  auto recovered = recover(parts.journal, options.check);
  if (!recovered) return fail(recovered.error());
  std::unique_ptr<Loop> loop(new Loop(parts, std::move(options), std::move(*recovered)));
  loop->dispatch_->deliver(effects_in_force(loop->published_));
  loop->dispatch_->start();
  loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
  return loop;
}

Loop::Loop(const Parts& parts, Options options, Recovered recovered)
    : parts_(parts),
      options_(std::move(options)),
      draft_(recovered.state),
      last_(recovered.last),
      published_(std::move(recovered.state)),
      shown_(recovered.last),
      head_(recovered.head),
      queue_limit_(limits_of(draft_).queue) {
  if (!parts_.reader) parts_.reader = &parts_.journal;
  set_due();
  if (!options_.manual && draft_.configuration) {  // reconciles
    due_ = last_;
    next_tick_ = Steady::now() + first_tick;
  }
  dispatch_ = std::make_unique<Dispatch>(Dispatch::Settings{
      parts_.executor, parts_.clock, options_.manual, options_.observe_every,
      [this] { return known(); },
      [this](std::vector<Command> c) { return submit_all(std::move(c)); }, options_.report});
}

Loop::~Loop() { stop(); }

void Loop::stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
    arrived_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  dispatch_->stop();
}

Result<Answer> Loop::submit(Request request) {
  std::vector<Request> one;
  one.push_back(std::move(request));
  return enqueue(std::move(one)).front()->wait();
}

// All behind one another, and none after one that found no room: reports keep their order.
std::vector<std::shared_ptr<Loop::Reply>> Loop::enqueue(std::vector<Request> requests) {
  std::vector<std::shared_ptr<Reply>> replies;
  const std::lock_guard lock(queue_mutex_);
  for (Request& request : requests) {
    const auto reply = replies.emplace_back(std::make_shared<Reply>());
    if (failed_) {
      reply->give(fail(*failed_));
    } else if (stopping_) {
      reply->give(fail(Error::Kind::unavailable, 7010, "granaryd is stopping.",
                       "try again when it has been started"));
    } else if (queue_.size() >= queue_limit_) {
      reply->give(fail(Error::Kind::unavailable, 7007,
                       std::to_string(queue_.size()) + " commands wait already; the limit is " +
                           std::to_string(queue_limit_) + ".",
                       "try again in a second"));
    } else {
      queue_.push_back({std::move(request), reply});
    }
  }
  arrived_.notify_one();
  return replies;
}

std::vector<Result<Answer>> Loop::submit_all(std::vector<Command> commands) {
  std::vector<Request> requests;
  for (Command& command : commands) requests.push_back(internal("executor", std::move(command)));
  std::vector<Result<Answer>> answers;
  for (const auto& reply : enqueue(std::move(requests))) answers.push_back(reply->wait());
  return answers;
}

std::vector<Executor::Known> Loop::known() {
  std::vector<Executor::Known> known;
  const std::lock_guard lock(published_mutex_);
  for (const Id<Job> id : published_.active) {
    const Job& job = published_.jobs.at(id);
    if (job.claim && !job.request.followed)
      known.push_back({id, job.attempt, job.report.line, heard(job)});
  }
  return known;
}

void Loop::read(const std::function<void(const State&, Instant now)>& look) {
  const std::lock_guard lock(published_mutex_);
  look(published_, std::max(parts_.clock.now(), shown_));
}

Journal::Head Loop::head() {
  const std::lock_guard lock(published_mutex_);
  return head_;
}

Result<std::vector<Entry>> Loop::entries(std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(reader_mutex_);
  return parts_.reader->read(after, std::min(limit, page));
}

Result<void> Loop::read_all(const std::function<void(const Entry&)>& visit) {
  return options_.read_all ? options_.read_all(visit) : Core::read_all(visit);
}

Result<std::string> Loop::output(Id<Job> job, int attempt, const std::string& stream,
                                 std::size_t last_bytes) {
  if (options_.output) return options_.output(job, attempt, stream, last_bytes);
  return fail(Error::Kind::not_found, 2009, to_text(job) + " has no " + stream + ".");
}

std::optional<Instant> Loop::due() {
  const std::lock_guard lock(queue_mutex_);
  return due_;
}

Result<void> Loop::tick() {
  const auto answer = submit(internal("clock", Tick{}));
  if (!answer) return fail(answer.error());
  return {};
}

void Loop::quiesce() {
  for (;;) {
    {
      std::unique_lock lock(queue_mutex_);
      idle_.wait(lock, [&] { return (queue_.empty() && !working_) || failed_; });
    }
    const std::uint64_t before = head().sequence;
    dispatch_->round();
    if (head().sequence == before) return;
  }
}

void Loop::run() {
  for (;;) {
    std::vector<Item> batch = take();
    const bool going_on = !batch.empty() && commit(batch);
    const std::lock_guard lock(queue_mutex_);
    working_ = false;
    idle_.notify_all();
    if (!going_on) return;
  }
}

// The commands that wait, at most a batch of them; a Tick first when one is due. None: the end.
std::vector<Loop::Item> Loop::take() {
  std::vector<Item> batch;
  const std::size_t most = std::max<std::size_t>(limits_of(draft_).batch, 1);
  std::unique_lock lock(queue_mutex_);
  for (;;) {
    auto wait = Steady::duration::max();
    if (!options_.manual && due_ && !stopping_) {
      const auto left = static_cast<double>((*due_ - parts_.clock.now()).count());
      const double real = std::min(left / options_.time_factor, longest_wait);
      wait = std::max<Steady::duration>(milliseconds(std::llround(std::ceil(real))),
                                        next_tick_ - Steady::now());
      if (wait <= Steady::duration::zero()) {
        batch.push_back({internal("clock", Tick{}), std::make_shared<Reply>()});
      }
    }
    while (!queue_.empty() && batch.size() < most) {
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    if (!batch.empty()) {
      working_ = true;
      return batch;
    }
    if (stopping_) return batch;
    if (wait == Steady::duration::max()) {
      arrived_.wait(lock);
    } else {
      arrived_.wait_for(lock, wait);
    }
  }
}

// False when the loop cannot go on.
bool Loop::commit(std::vector<Item>& batch) {
  std::vector<Entry> entries;
  std::vector<Answer> answers;
  Journal::Head head = head_;
  next_tick_ = Steady::now() + tick_pause;
  for (const Item& item : batch) {
    if (auto first = first_answer(draft_, item.request)) {
      answers.push_back(std::move(*first));
      continue;
    }
    last_ = std::max(last_, parts_.clock.now());
    Entry entry{head.sequence + 1, last_, item.request, {}, {}};
    entry.events = step_onto(draft_, item.request, last_);
    answers.push_back(answer_of(item.request, entry.events, last_));
    if (entry.events.empty() && item.request.key.empty()) continue;
    entry.chain = chained(head.chain, encode(entry));
    head = {entry.sequence, entry.chain};
    entries.push_back(std::move(entry));
  }
  if (const auto stored = append(entries); !stored) {
    if (stored.error().code != 7002) {
      fail_for_good(batch, stored.error());
      return false;
    }
    undo(batch, stored.error());
    return true;
  }
  publish(entries);
  set_due();
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].reply->give(std::move(answers[i]));
  return true;
}

Result<void> Loop::append(const std::vector<Entry>& entries) {
  if (entries.empty()) return {};
  std::unique_lock lock(reader_mutex_, std::defer_lock);
  if (parts_.reader == &parts_.journal) lock.lock();
  return parts_.journal.append(entries);
}

void Loop::publish(const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  std::vector<Effect> effects;
  {
    const std::lock_guard lock(published_mutex_);
    for (const Entry& entry : entries) {
      for (const Event& event : entry.events) {
        evolve(published_, event);
        if (auto effect = effect_of(published_, event)) effects.push_back(std::move(*effect));
      }
    }
    head_ = {entries.back().sequence, entries.back().chain};
    shown_ = entries.back().at;
  }
  dispatch_->deliver(std::move(effects));
}

// Nothing of the batch was stored, so nothing of it stays, and what waits behind it would find no
// room either. What had been answered before is answered again.
void Loop::undo(std::vector<Item>& batch, const Error& error) {
  draft_ = published_;
  next_tick_ = Steady::now() + full_disk_pause;
  if (options_.report) options_.report(error);
  take_all(batch);
  for (Item& item : batch) {
    if (auto first = first_answer(draft_, item.request)) {
      item.reply->give(std::move(*first));
    } else {
      item.reply->give(fail(error));
    }
  }
}

void Loop::fail_for_good(std::vector<Item>& batch, const Error& error) {
  const Error answer = stopped_by(error);
  if (options_.report) options_.report(answer);
  healthy_ = false;
  take_all(batch, answer);
  for (Item& item : batch) item.reply->give(fail(answer));
}

// Adds all that waits; with `failed` nothing is taken after that.
void Loop::take_all(std::vector<Item>& batch, std::optional<Error> failed) {
  const std::lock_guard lock(queue_mutex_);
  failed_ = std::move(failed);
  std::move(queue_.begin(), queue_.end(), std::back_inserter(batch));
  queue_.clear();
}

// What is due is asked for the instant of the last step, not for now: nothing that falls between
// the two is passed over.
void Loop::set_due() {
  const auto due = next_due(draft_, last_);
  const std::lock_guard lock(queue_mutex_);
  due_ = due;
  queue_limit_ = limits_of(draft_).queue;
}

}  // namespace granary
