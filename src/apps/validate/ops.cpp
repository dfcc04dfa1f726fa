// Timed kernels against the curves of their chip. Matrix products are scored; elementwise kernels,
// which are bound by starts and caches more than by anything a sheet says, are a figure beside it.

#include <algorithm>
#include <cmath>

#include "apps/validate/names.h"
#include "apps/validate/validate.h"
#include "cost/fit.h"
#include "cost/gemm.h"
#include "cost/waves.h"

namespace granary::validation {
namespace {

// Kernels of a shape: 10th and 90th percentile of measured over predicted time, with the chip's own
// curve (a model left out on A100) and with a borrowed one (assumed).
constexpr Band own_band{0.88, 1.12}, borrowed_band{0.7, 1.4};
// The null model: this share of the peak or of the memory bandwidth, whichever is slower; the
// median of the A100 rows that were at hand.
constexpr double null_share = 0.72;
constexpr double largest = 1e9;

struct Kernel {
  const Chip* chip = nullptr;
  double rows = 0, n = 0, k = 0, seconds = 0;
};

// Products of chips with a curve of their own, to fit it again without each model.
class Curves {
 public:
  void add(const Row& row, const Kernel& kernel, const Practice& practice, const Catalog& catalog) {
    if (!practice.own_gemm) return;
    Chip& chip = chips_[kernel.chip->id];
    chip.peaks = {practice.peak, practice.memory, practice.gemm.cores};
    const Model* const model = model_named(row.text("model"), catalog);
    chip.points.push_back({{kernel.rows, kernel.n, kernel.k},
                           Seconds(kernel.seconds),
                           model != nullptr ? model->id : row.text("model")});
  }

  void write(Findings& out) const {
    for (const auto& [id, chip] : chips_) {
      const LeftOut left = leave_group_out(without_repeats(chip.points), chip.peaks);
      if (left.groups.empty()) {
        out.remarks.push_back(id +
                              ": only one model was timed, so none can be left out of the fit");
      }
      for (const LeftOut::Group& group : left.groups) {
        out.figures[id + " without " + group.name + ", mean error, %"] = 100 * group.error.mean;
      }
    }
  }

 private:
  struct Chip {
    Peaks peaks;
    std::vector<GemmPoint> points;
  };
  std::map<std::string, Chip> chips_;
};

// A positive size, or why there is none.
tl::expected<Kernel, std::string> read(const Row& row, const Catalog& catalog) {
  Kernel kernel;
  kernel.chip = chip_named(row.text("chip"), catalog);
  // Vidur's tables say "a100" of the board of 80 GB.
  if (kernel.chip == nullptr) {
    kernel.chip = chip_named(row.text("chip"), catalog, {.memory_gb = 80, .peak_tflops = {}});
  }
  if (kernel.chip == nullptr) {
    return tl::unexpected<std::string>("its chip is not in the catalogue: " + row.text("chip"));
  }
  const auto at = [&](const char* column, double least) {
    const auto value = row.number(column);
    return value && *value >= least && *value <= largest ? value : std::nullopt;
  };
  const auto rows = at("num_tokens", 1), n = at("gemm_n", 0), k = at("gemm_k", 0);
  const auto time = at("time_us", 1e-6);
  if (!rows || !n || !k) {
    return tl::unexpected<std::string>("num_tokens, gemm_n or gemm_k is not a size");
  }
  if (!time) return tl::unexpected<std::string>("its time_us is missing or no time");
  kernel.rows = *rows;
  kernel.n = *n;
  kernel.k = *k;
  kernel.seconds = *time * 1e-6;
  return kernel;
}

// Bytes in fp16 that the kernel must move at least; nothing for kernels that are not known.
std::optional<double> elementwise_bytes(const Row& row, const Kernel& kernel,
                                        const Catalog& catalog) {
  const Model* const model = model_named(row.text("model"), catalog);
  if (model == nullptr) return std::nullopt;
  const Shape& shape = model->shape.value;
  const double split = std::max(1.0, row.number("tp").value_or(1));
  const std::string op = row.text("op");
  if (op == "add") return 6.0 * shape.hidden * kernel.rows;
  if (op == "mlp_act") return 6.0 * shape.ffn / split * kernel.rows;
  if (op == "attn_rope") {
    return 4.0 * (shape.heads + std::max<double>(shape.kv_heads, split)) * shape.head_width /
           split * kernel.rows;
  }
  if (op == "input_layernorm" || op == "post_attention_layernorm") {
    return 4.0 * shape.hidden * kernel.rows;
  }
  return std::nullopt;
}

Judged judge(const Row& row, const Kernel& kernel, const Practice& practice) {
  const Gemm gemm{kernel.rows, kernel.n, kernel.k};
  const Band band = practice.own_gemm ? own_band : borrowed_band;
  Judged judged;
  judged.source = row.text("source");
  judged.family = kernel.chip->family;
  judged.predicted = roofline(practice, occupied_flops(practice, gemm), gemm.bytes()).base();
  judged.measured = kernel.seconds;
  judged.null_predicted =
      std::max((gemm.flops() / practice.peak).base(), (gemm.bytes() / practice.memory).base()) /
      null_share;
  judged.low = band.low * judged.predicted;
  judged.high = band.high * judged.predicted;
  return judged;
}

}  // namespace

Findings judge_ops(const std::vector<Row>& rows, const Catalog& catalog) {
  Findings findings;
  std::vector<double> elementwise;
  Curves curves;
  for (const Row& row : rows) {
    const std::string source = row.text("source");
    const auto skip = [&](std::string why) {
      findings.skipped.push_back({source, std::move(why)});
    };
    const auto kernel = read(row, catalog);
    if (!kernel) {
      skip(kernel.error());
      continue;
    }
    const auto practice = practice_of(catalog, *kernel->chip, Precision::fp16);
    if (!practice) {
      skip("no fp16 rate or memory bandwidth of its chip is known");
      continue;
    }
    if (kernel->n > 0 && kernel->k > 0) {
      findings.judged.push_back(judge(row, *kernel, *practice));
      curves.add(row, *kernel, *practice, catalog);
    } else if (const auto bytes = elementwise_bytes(row, *kernel, catalog)) {
      skip("an elementwise kernel, counted apart");
      elementwise.push_back(
          std::abs(elementwise_time(*practice, Bytes(*bytes)).base() / kernel->seconds - 1));
    } else {
      skip("neither a matrix product nor an elementwise kernel of a known model");
    }
  }
  curves.write(findings);
  if (!elementwise.empty()) {
    double sum = 0;
    for (const double e : elementwise) sum += e;
    const auto n = static_cast<double>(elementwise.size());
    findings.figures["elementwise kernels"] = n;
    findings.figures["elementwise kernels, mean error, %"] = 100 * sum / n;
  }
  return findings;
}

}  // namespace granary::validation
