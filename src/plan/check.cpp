#include <fmt/core.h>

#include <cmath>

#include "plan/plan.h"
#include "units/text.h"

namespace granary {
namespace {
constexpr double least_pretraining = 1e6, least_fine_tuning = 1e3, most_tokens = 1e15;
constexpr int most_batch = 1'000'000;
constexpr double most_rate = 1e6;  // requests a second

tl::unexpected<Error> wrong(int code, std::string what) {
  return fail(Error::Kind::invalid, code, std::move(what));
}

// "400", "1.5": as somebody typed it.
std::string typed(double value) { return fmt::format("{:.15g}", value); }

Result<void> check_tokens(Tokens tokens, double least, std::string_view purpose,
                          std::string_view advice) {
  if (!std::isfinite(tokens.base()) || tokens.base() < least) {
    return wrong(1004, fmt::format("--tokens {}: far too few for {} (at least {}). {}",
                                   typed(tokens.base()), purpose, count_text(least), advice));
  }
  if (tokens.base() > most_tokens) {
    return wrong(1004, fmt::format("--tokens {}: more than anybody has ({} at most).",
                                   count_text(tokens.base()), count_text(most_tokens)));
  }
  return {};
}

Result<void> check_batch(const Model& model, int sequence, int global_batch) {
  const int context = model.shape.value.context;
  if (sequence < 1 || sequence > context) {
    return wrong(1005, fmt::format("--sequence {}: {} reads 1 to {} tokens at once.", sequence,
                                   model.name, context));
  }
  if (global_batch < 1 || global_batch > most_batch) {
    return wrong(
        1005, fmt::format("--batch {}: a step takes 1 to {} sequences.", global_batch, most_batch));
  }
  return {};
}

Result<void> check_what(const Model& model, const Pretrain& what) {
  // Somebody who writes 400 means 400B; a larger number speaks for itself.
  const std::string count = typed(what.tokens.base());
  const bool plain = what.tokens.base() >= 1 && what.tokens.base() < 1000;
  const std::string_view meant = plain ? std::string_view(count) : std::string_view("400");
  return check_tokens(what.tokens, least_pretraining, "pretraining",
                      fmt::format("Write {0}B for {0} billion.", meant))
      .and_then([&] { return check_batch(model, what.sequence, what.global_batch); });
}

Result<void> check_what(const Model& model, const FineTune& what) {
  return check_tokens(what.tokens, least_fine_tuning, "fine-tuning", "Write 10M for 10 million.")
      .and_then([&] { return check_batch(model, what.sequence, what.global_batch); });
}

Result<void> check_request(const Model& model, int prompt, int output) {
  if (prompt < 1) {
    return wrong(1005, fmt::format("--prompt {}: a request has at least 1 token.", prompt));
  }
  if (output < 1) {
    return wrong(1005, fmt::format("--output {}: an answer has at least 1 token.", output));
  }
  const int context = model.shape.value.context;
  if (static_cast<std::int64_t>(prompt) + output > context) {
    return wrong(1005, fmt::format("--prompt {} and --output {}: {} holds {} tokens in all.",
                                   prompt, output, model.name, context));
  }
  return {};
}

Result<void> check_what(const Model& model, const Serve& what) {
  if (!(what.rate.base() > 0) || what.rate.base() > most_rate) {
    return wrong(1005, fmt::format("--rate {}/s: a service needs more than 0 and at most {} "
                                   "requests a second.",
                                   typed(what.rate.base()), count_text(most_rate)));
  }
  if (auto good = check_request(model, what.prompt, what.output); !good) return good;
  if (!(what.first_token.base() > 0) || !std::isfinite(what.first_token.base())) {
    return wrong(1005, fmt::format("--p95-ttft {} s: the target must be above zero.",
                                   typed(what.first_token.base())));
  }
  if (!(what.token.base() >= 0) || !std::isfinite(what.token.base())) {
    return wrong(1005, fmt::format("--p95-tpot {} s: the target must be above zero.",
                                   typed(what.token.base())));
  }
  if (what.span <= Span::zero() || what.span > max_span) {
    return wrong(1005, fmt::format("--for {}: a service lasts longer than zero and at most {}.",
                                   to_text(what.span), to_text(max_span)));
  }
  return {};
}

Result<void> check_what(const Model& model, const Batch& what) {
  if (auto good = check_request(model, what.prompt, what.output); !good) return good;
  if (!(what.tokens.base() >= what.output)) {
    return wrong(1004, fmt::format("--tokens {}: not even one answer of --output {}.",
                                   typed(what.tokens.base()), what.output));
  }
  if (what.tokens.base() > most_tokens) {
    return wrong(1004, fmt::format("--tokens {}: more than anybody has ({} at most).",
                                   count_text(what.tokens.base()), count_text(most_tokens)));
  }
  return {};
}
}  // namespace

Result<void> check(const Work& work) {
  const Shape& shape = work.model.shape.value;
  if (shape.layers < 1 || shape.hidden < 1 || shape.heads < 1 || shape.kv_heads < 1) {
    return wrong(
        1005, fmt::format("--model {}: its shape has no layers, width or heads.", work.model.id));
  }
  return std::visit([&](const auto& what) { return check_what(work.model, what); }, work.what);
}

}  // namespace granary
