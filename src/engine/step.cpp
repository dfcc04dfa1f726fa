#include "engine/overloaded.h"
#include "engine/stepper.h"

namespace granary {

void Stepper::emit(Event event) {
  evolve(s_, event);
  events_.push_back(std::move(event));
}

void Stepper::emit(const std::vector<BooksEvent>& events) {
  for (const BooksEvent& event : events) {
    std::visit([&](const auto& e) { emit(Event(e)); }, event);
  }
}

void Stepper::run(const Request& request) {
  Result<std::string> made = std::string();
  if (!s_.configuration && !std::holds_alternative<Configure>(request.command)) {
    made = fail(Error::Kind::unavailable, 7006, "The stock is not configured yet.");
  } else if (const std::size_t most = (s_.configuration ? limits() : Limits{}).key_length;
             request.key.size() > most) {
    made = fail(Error::Kind::invalid, 1019,
                "A request key of " + std::to_string(request.key.size()) +
                    " bytes is too long: at most " + std::to_string(most) + ".");
  } else {
    made = std::visit([&](const auto& command) { return on(command); }, request.command);
  }
  if (!made) {
    emit(Refused{request.key, request.body, made.error(), now_});
    return;
  }
  if (schedule_) {
    sweep_vouchers();
    pass();
  }
  alert(request.command);
  if (!request.key.empty()) emit(Answered{request.key, request.body, *made, now_});
}

std::vector<Event> step_onto(State& state, const Request& request, Instant now) {
  Stepper stepper(state, now);
  stepper.run(request);
  return stepper.take();
}

std::vector<Event> step(const State& state, const Request& request, Instant now) {
  State draft = state;
  return step_onto(draft, request, now);
}

std::optional<Answer> first_answer(const State& state, const Request& request) {
  if (request.key.empty()) return std::nullopt;
  const auto found = state.answers.find(request.key);
  if (found == state.answers.end()) return std::nullopt;
  if (found->second.body == request.body) return found->second;
  Answer conflict = found->second;
  conflict.refused = Error{
      Error::Kind::conflict, 5002,
      "Request key \"" + request.key + "\" was used before with other contents; nothing was done.",
      "use a new key for a new request"};
  return conflict;
}

}  // namespace granary
