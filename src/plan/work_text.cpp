#include "plan/work_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

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

Result<std::variant<Pretrain, FineTune, Serve>> read_training(const std::string& kind,
                                                              Reader& reader, const Model& model) {
  if (!reader.find("tokens")) return missing(kind, "tokens", "400B");
  double tokens = 0;
  int sequence = std::min(2048, model.shape.value.context);
  int batch = kind == "pretrain" ? 1024 : 64;
  reader.value("tokens", parse_count, tokens);
  reader.number("sequence", 1, most_tokens_per_sequence, sequence);
  reader.number("batch", 1, 1'000'000, batch);
  if (reader.error()) return fail(*reader.error());
  if (kind == "pretrain") return Pretrain{Tokens(tokens), sequence, batch};
  return FineTune{Tokens(tokens), sequence, batch};
}

Result<std::variant<Pretrain, FineTune, Serve>> read_serving(Reader& reader) {
  if (!reader.find("rate")) return missing("serve", "rate", "50/s");
  Serve serve;
  Span first_token = std::chrono::seconds(2);
  reader.value("rate", parse_rate, serve.rate);
  reader.number("prompt", 1, most_tokens_per_sequence, serve.prompt);
  reader.number("output", 1, most_tokens_per_sequence, serve.output);
  reader.value("p95-ttft", parse_span, first_token);
  reader.value("for", parse_span, serve.span);
  if (reader.error()) return fail(*reader.error());
  serve.first_token = Seconds(static_cast<double>(first_token.count()) / 1e3);
  return serve;
}

Result<std::optional<WeightKind>> read_weights(const std::string& text) {
  for (const WeightKind kind : {WeightKind::fp16, WeightKind::int8, WeightKind::int4}) {
    if (to_text(kind) == text) return kind;
  }
  return fail(Error::Kind::invalid, 1005,
              fmt::format("{}: use fp16, int8 or int4.", text.substr(0, 40)));
}

}  // namespace

std::vector<std::string> work_keys(const std::string& kind) {
  if (kind == "serve") {
    return {"kind", "model", "rate", "prompt", "output", "p95-ttft", "for", "weights"};
  }
  return {"kind", "model", "tokens", "sequence", "batch", "deadline"};
}

Result<PlanRequest> read_work(const WorkText& text, const Catalog& catalog) {
  Reader reader(text);
  const std::string* kind = reader.find("kind");
  if (!kind || (*kind != "pretrain" && *kind != "finetune" && *kind != "serve")) {
    return fail(
        Error::Kind::invalid, 1001,
        fmt::format("The kind of work \"{}\" is not known: use pretrain, finetune or serve.",
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
  const auto what = *kind == "serve" ? read_serving(reader) : read_training(*kind, reader, **model);
  if (!what) return fail(what.error());
  PlanRequest request;
  request.work = {**model, *what};
  Span deadline{};
  reader.value("deadline", parse_span, deadline);
  reader.value("weights", read_weights, request.weights);
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
    return fmt::format("finetune {} on {} tokens", work.model.id, count_text(tune->tokens.base()));
  }
  const auto& serve = std::get<Serve>(work.what);
  return fmt::format("serve {} at {:g}/s", work.model.id, serve.rate.base());
}

}  // namespace granary
