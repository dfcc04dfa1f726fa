#include "plan/work_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "units/text.h"

namespace granary {
namespace {

tl::unexpected<Error> missing(const std::string& kind, const std::string& key,
                              const std::string& example) {
  return fail(Error::Kind::invalid, 1001,
              fmt::format("{} needs --{}, for example --{} {}.", kind, key, key, example));
}

Result<int> whole_number(const std::string& key, const std::string& text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end && value >= least && value <= most) return value;
  return fail(Error::Kind::invalid, 1005,
              fmt::format("--{} {}: write a whole number from {} to {}.", key, text.substr(0, 40),
                          least, most));
}

// Reads keys one after the other and remembers the first error.
class Reader {
 public:
  Reader(const WorkText& text) : text_(text) {}

  const std::string* find(const std::string& key) const {
    const auto found = text_.find(key);
    return found == text_.end() ? nullptr : &found->second;
  }

  void number(const std::string& key, int least, int most, int& value) {
    const std::string* text = find(key);
    if (!text || error_) return;
    const auto read = whole_number(key, *text, least, most);
    if (read) {
      value = *read;
    } else {
      error_ = read.error();
    }
  }

  template <class T, class Parse>
  void value(const std::string& key, Parse parse, T& value) {
    const std::string* text = find(key);
    if (!text || error_) return;
    const auto read = parse(*text);
    if (read) {
      value = *read;
    } else {
      error_ = read.error();
      error_->what = "--" + key + " " + error_->what;
    }
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const WorkText& text_;
  std::optional<Error> error_;
};

constexpr int most_tokens_per_sequence = 16'777'216;

template <class T, std::size_t n>
Result<T> one_of(const std::string& text, const std::pair<std::string_view, T> (&known)[n]) {
  std::string all;
  for (const auto& [name, value] : known) {
    if (name == text) return value;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}: use one of {}.", text.substr(0, 40), all));
}

Result<Tuning> read_tuning(const std::string& text) {
  constexpr std::pair<std::string_view, Tuning> known[] = {
      {"full", Tuning::full}, {"lora", Tuning::lora}, {"qlora", Tuning::qlora}};
  return one_of(text, known);
}

Result<std::optional<Precision>> read_precision(const std::string& text) {
  constexpr std::pair<std::string_view, std::optional<Precision>> known[] = {
      {"bf16", Precision::bf16},
      {"fp16", Precision::fp16},
      {"fp8", Precision::fp8},
      {"fp32", Precision::fp32}};
  return one_of(text, known);
}

using What = decltype(Work::what);

Result<What> read_training(const std::string& kind, Reader& reader, const Model& model) {
  if (!reader.find("tokens")) return missing(kind, "tokens", "400B");
  double tokens = 0;
  int sequence = std::min(2048, model.shape.value.context);
  int batch = kind == "pretrain" ? 1024 : 64;
  reader.value("tokens", parse_count, tokens);
  reader.number("sequence", 1, most_tokens_per_sequence, sequence);
  reader.number("batch", 1, 1'000'000, batch);
  if (kind == "pretrain") {
    if (reader.error()) return fail(*reader.error());
    return Pretrain{Tokens(tokens), sequence, batch};
  }
  FineTune tune{Tokens(tokens), sequence, batch};
  reader.value("tuning", read_tuning, tune.tuning);
  reader.number("rank", 1, 1024, tune.rank);
  if (reader.error()) return fail(*reader.error());
  if (reader.find("rank") && tune.tuning == Tuning::full) {
    return fail(Error::Kind::invalid, 1005,
                "--rank: only adapters have one; add --tuning lora or --tuning qlora.");
  }
  return tune;
}

Seconds seconds_of(Span span) { return Seconds(static_cast<double>(span.count()) / 1e3); }

Result<What> read_serving(Reader& reader) {
  if (!reader.find("rate")) return missing("serve", "rate", "50/s");
  Serve serve;
  Span first_token = std::chrono::seconds(2), token{};
  reader.value("rate", parse_rate, serve.rate);
  reader.number("prompt", 1, most_tokens_per_sequence, serve.prompt);
  reader.number("output", 1, most_tokens_per_sequence, serve.output);
  reader.value("p95-ttft", parse_span, first_token);
  reader.value("p95-tpot", parse_span, token);
  reader.value("for", parse_span, serve.span);
  if (reader.error()) return fail(*reader.error());
  if (reader.find("p95-tpot") && token <= Span::zero()) {
    return fail(Error::Kind::invalid, 1005,
                "--p95-tpot " + to_text(token) + ": the target must be above zero.");
  }
  serve.first_token = seconds_of(first_token);
  serve.token = seconds_of(token);
  return serve;
}

Result<What> read_batch(Reader& reader) {
  const bool by_requests = reader.find("requests") != nullptr;
  if (by_requests == (reader.find("tokens") != nullptr)) {
    return fail(Error::Kind::invalid, 1001,
                "batch needs --requests or --tokens, one of them, for example --requests 10K.");
  }
  Batch batch;
  double count = 0;
  reader.value(by_requests ? "requests" : "tokens", parse_count, count);
  reader.number("prompt", 1, most_tokens_per_sequence, batch.prompt);
  reader.number("output", 1, most_tokens_per_sequence, batch.output);
  if (reader.error()) return fail(*reader.error());
  if (by_requests && !(count >= 1)) {
    return fail(Error::Kind::invalid, 1005,
                fmt::format("--requests {}: at least 1.", *reader.find("requests")));
  }
  batch.tokens = Tokens(by_requests ? std::ceil(count) * batch.output : count);
  return batch;
}

Result<WeightFormat> read_weights(const std::string& text) {
  if (const auto format = parse_weight_format(text)) return *format;
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}: use fp32, fp16, fp8, int8, w8a8, int4, int4_embedding, q8_0, q6_k, "
                          "q5_k_m, q4_k_m or q4_0.",
                          text.substr(0, 40)));
}

Result<CacheFormat> read_cache(const std::string& text) {
  if (const auto format = parse_cache_format(text)) return *format;
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}: use fp16, fp8 or int8.", text.substr(0, 40)));
}

Result<FrameworkClass> read_framework(const std::string& text) {
  if (const auto framework = parse_framework(text)) return *framework;
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}: use compiled, native, eager or offload.", text.substr(0, 40)));
}

// How a model is to be run, whatever is asked of it.
void read_inference(Reader& reader, PlanRequest& request) {
  if (reader.find("weights")) reader.value("weights", read_weights, request.weights.emplace());
  if (reader.find("framework")) {
    reader.value("framework", read_framework, request.framework.emplace());
  }
  reader.value("cache", read_cache, request.cache);
  reader.number("replicas-per-card", 1, 64, request.replicas_per_card);
}

}  // namespace

std::vector<std::string> work_keys(const std::string& kind) {
  if (kind == "serve") {
    return {"kind",     "model", "rate",    "prompt",    "output", "p95-ttft",
            "p95-tpot", "for",   "weights", "framework", "cache",  "replicas-per-card"};
  }
  if (kind == "batch") {
    return {"kind",   "model",    "requests", "tokens",    "prompt",
            "output", "deadline", "weights",  "framework", "cache"};
  }
  if (kind == "finetune") {
    return {"kind",     "model",  "tokens", "sequence", "batch",
            "deadline", "tuning", "rank",   "precision"};
  }
  return {"kind", "model", "tokens", "sequence", "batch", "deadline", "precision"};
}

Result<PlanRequest> read_work(const WorkText& text, const Catalog& catalog) {
  Reader reader(text);
  const std::string* kind = reader.find("kind");
  if (!kind ||
      (*kind != "pretrain" && *kind != "finetune" && *kind != "serve" && *kind != "batch")) {
    return fail(
        Error::Kind::invalid, 1001,
        fmt::format("The kind of work \"{}\" is not known: use pretrain, finetune, serve or batch.",
                    kind ? kind->substr(0, 40) : ""));
  }
  const auto keys = work_keys(*kind);
  for (const auto& [key, value] : text) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::string near = nearest(key, keys);
    return fail(Error::Kind::invalid, 1001,
                fmt::format("{} has no --{}.{}", *kind, key.substr(0, 40),
                            near.empty() ? "" : " Did you mean --" + near + "?"));
  }
  if (!reader.find("model")) return missing(*kind, "model", "glm-130b");
  const auto model = find_model(catalog, *reader.find("model"));
  if (!model) return fail(model.error());
  const auto what = *kind == "serve"   ? read_serving(reader)
                    : *kind == "batch" ? read_batch(reader)
                                       : read_training(*kind, reader, **model);
  if (!what) return fail(what.error());
  PlanRequest request;
  request.work = {**model, *what};
  Span deadline{};
  reader.value("deadline", parse_span, deadline);
  read_inference(reader, request);
  reader.value("precision", read_precision, request.precision);
  if (reader.error()) return fail(*reader.error());
  if (reader.find("deadline")) request.deadline = deadline;
  if (auto good = check(request.work); !good) return fail(good.error());
  return request;
}

std::string describe(const Work& work) {
  if (const auto* train = std::get_if<Pretrain>(&work.what)) {
    return fmt::format("pretrain {} on {} tokens", work.model.id, count_text(train->tokens.base()));
  }
  if (const auto* tune = std::get_if<FineTune>(&work.what)) {
    return fmt::format("finetune {} on {} tokens{}", work.model.id, count_text(tune->tokens.base()),
                       tune->tuning == Tuning::lora    ? " with LoRA"
                       : tune->tuning == Tuning::qlora ? " with QLoRA"
                                                       : "");
  }
  if (const auto* batch = std::get_if<Batch>(&work.what)) {
    return fmt::format("batch {} for {} output tokens", work.model.id,
                       count_text(batch->tokens.base()));
  }
  const auto& serve = std::get<Serve>(work.what);
  return fmt::format("serve {} at {:g}/s", work.model.id, serve.rate.base());
}

std::string conditions(const Work& work) {
  const auto steps = [](const auto& what) {
    return fmt::format("sequences of {} tokens, {} in a step", what.sequence, what.global_batch);
  };
  const auto requests = [](const auto& what) {
    return fmt::format("prompts of {} tokens, answers of {}", what.prompt, what.output);
  };
  if (const auto* train = std::get_if<Pretrain>(&work.what)) return steps(*train);
  if (const auto* tune = std::get_if<FineTune>(&work.what)) {
    return steps(*tune) +
           (tune->tuning == Tuning::full ? "" : fmt::format("; adapters of rank {}", tune->rank));
  }
  if (const auto* batch = std::get_if<Batch>(&work.what)) return requests(*batch);
  const auto& serve = std::get<Serve>(work.what);
  std::string text = fmt::format("{}; 95 % of first tokens within {}", requests(serve),
                                 to_text(to_span(serve.first_token)));
  if (serve.token > Seconds{}) text += ", of others within " + to_text(to_span(serve.token));
  return text;
}

}  // namespace granary
