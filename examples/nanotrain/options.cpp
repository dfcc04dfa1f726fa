#include "nanotrain/options.h"

namespace nano {

const char* const kTrainUsage =
    R"(nanotrain: trains a small character-level transformer on the CPU.

  --layers N  --hidden N  --heads N  --context N    the model (2, 64, 4, 64)
  --batch N             sequences per step over all ranks (8)
  --steps N             step at which to stop, counted from the very first (100)
  --seed N              of the first weights and of the order of the text (1)
  --learning-rate X     of Adam (0.002)
  --data FILE           what to learn from (a text compiled in)
  --checkpoint-every N  steps between checkpoints (50)
  --report-every N      steps between progress lines (1)
  --out DIR             folder of the checkpoints ($GRANARY_CHECKPOINT, or ckpt)
  --fresh               starts from nothing although the folder has checkpoints
  --step-pause MS       waits after every step (0)

It continues from $GRANARY_RESUME if that names a checkpoint, else from the newest whole one in the
folder. $GRANARY_DATA_PARALLEL is the number of threads (1), $GRANARY_MICRO_BATCH the number of
sequences a thread passes at a time. $GRANARY_PROGRESS is the file progress goes to.
)";

namespace {

// Reads flags until the first that is wrong; then keeps its sentence.
class Wanted {
 public:
  explicit Wanted(const Flags& flags) : flags_(flags) {}
  void whole(const char* name, std::uint64_t& value, Bounds bounds) {
    keep(flags_.whole(name, value, bounds), value);
  }
  void number(const char* name, double& value) { keep(flags_.number(name, value), value); }
  void whole(const Environment& environment, const char* name, std::uint64_t& value,
             Bounds bounds) {
    const auto found = environment.find(name);
    if (found != environment.end()) keep(parse_whole(name, found->second, bounds), value);
  }
  const std::string& wrong() const { return wrong_; }

 private:
  template <class T>
  void keep(const Result<T>& result, T& value) {
    if (result) value = *result;
    if (!result && wrong_.empty()) wrong_ = result.error();
  }
  const Flags& flags_;
  std::string wrong_;
};

Result<Flags> read_flags(std::span<const std::string> arguments) {
  static const Flags::Known known[] = {
      {"--layers"},     {"--hidden"},      {"--heads"},        {"--context"},
      {"--batch"},      {"--steps"},       {"--seed"},         {"--learning-rate"},
      {"--data"},       {"--out"},         {"--report-every"}, {"--checkpoint-every"},
      {"--step-pause"}, {"--fresh", true}, {"--help", true}};
  return Flags::read(arguments, known);
}

Result<void> refuse_other_layouts(const Environment& environment) {
  for (const char* name : {"GRANARY_TENSOR_PARALLEL", "GRANARY_PIPELINE_PARALLEL"}) {
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    const auto ways = parse_whole(name, found->second, {1, 1'000'000});
    if (!ways) return tl::unexpected(ways.error());
    if (*ways > 1) {
      return fail("nanotrain cannot run the layout " + std::string(name) + "=" + found->second +
                  "; it splits a batch over threads, not a model");
    }
  }
  return {};
}

// Without --batch a rank passes its micro-batch once per step.
Result<void> divide_batch(bool batch_given, bool micro_given, Settings& settings) {
  const std::size_t ranks = settings.data_parallel;
  if (!micro_given) {
    if (settings.batch % ranks != 0) {
      return fail("batch " + std::to_string(settings.batch) + " is not a multiple of the " +
                  std::to_string(ranks) + " data-parallel ranks");
    }
    settings.micro_batch = settings.batch / ranks;
    return {};
  }
  if (!batch_given) settings.batch = settings.micro_batch * ranks;
  if (settings.batch % (settings.micro_batch * ranks) != 0) {
    return fail("batch " + std::to_string(settings.batch) + " is not a multiple of micro-batch " +
                std::to_string(settings.micro_batch) + " x " + std::to_string(ranks) +
                " data-parallel ranks");
  }
  return {};
}

}  // namespace

Result<std::optional<TrainOptions>> train_options(std::span<const std::string> arguments,
                                                  const Environment& environment) {
  auto flags = read_flags(arguments);
  if (!flags) return tl::unexpected(flags.error());
  if (flags->has("--help")) return std::nullopt;
  constexpr std::uint64_t kMany = 1'000'000'000;
  TrainOptions options;
  Wanted wanted(*flags);
  wanted.whole("--layers", options.shape.layers, {1, 64});
  wanted.whole("--hidden", options.shape.hidden, {4, 4096});
  wanted.whole("--heads", options.shape.heads, {1, 4096});
  wanted.whole("--context", options.shape.context, {2, 4096});
  wanted.whole("--batch", options.settings.batch, {1, 4096});
  wanted.whole("--steps", options.steps, {1, kMany});
  wanted.whole("--seed", options.seed, {0, UINT64_MAX});
  wanted.number("--learning-rate", options.settings.learning_rate);
  wanted.whole("--checkpoint-every", options.checkpoint_every, {1, kMany});
  wanted.whole("--report-every", options.report_every, {1, kMany});
  wanted.whole("--step-pause", options.step_pause, {0, 60'000});
  wanted.whole(environment, "GRANARY_DATA_PARALLEL", options.settings.data_parallel, {1, 64});
  wanted.whole(environment, "GRANARY_MICRO_BATCH", options.settings.micro_batch, {1, 4096});
  if (!wanted.wrong().empty()) return fail(wanted.wrong());
  if (auto layout = refuse_other_layouts(environment); !layout) return fail(layout.error());
  auto divided = divide_batch(flags->has("--batch"), environment.count("GRANARY_MICRO_BATCH") != 0,
                              options.settings);
  if (!divided) return fail(divided.error());
  if (auto sound = check(options.shape); !sound) return fail(sound.error());
  for (const char* name : {"--layers", "--hidden", "--heads", "--context"}) {
    options.shape_given = options.shape_given || flags->has(name);
  }
  const auto of = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  const std::string folder = of("GRANARY_CHECKPOINT");
  options.folder = flags->text("--out", folder.empty() ? options.folder : folder);
  if (options.folder.empty()) return fail("--out needs the name of a folder");
  options.data = flags->text("--data", "");
  if (flags->has("--data") && options.data.empty()) return fail("--data needs the name of a file");
  options.fresh = flags->has("--fresh");
  options.resume = of("GRANARY_RESUME");
  options.progress = of("GRANARY_PROGRESS");
  return options;
}

}  // namespace nano
