#include "nanoserve/options.h"

#include <algorithm>

namespace nano {

const char* const kServeUsage =
    R"(nanoserve: serves a checkpoint of nanotrain over an OpenAI-compatible API on 127.0.0.1.

  --checkpoint DIR   folder whose newest whole checkpoint is served ($GRANARY_CHECKPOINT, or ckpt)
  --port N           0 takes a free one ($GRANARY_PORT, or 0)
  --model-name NAME  as clients ask for it (nano)
  --wait SECONDS     how long the first checkpoint may be missing (0)

GET /health, GET /v1/models, POST /v1/completions, POST /v1/chat/completions. $GRANARY_PROGRESS is
the file that the address and the counts of requests and tokens go to.
)";

Result<std::optional<ServeOptions>> serve_options(std::span<const std::string> arguments,
                                                  const Environment& environment) {
  static const Flags::Known known[] = {
      {"--checkpoint"}, {"--port"}, {"--model-name"}, {"--wait"}, {"--help", true}};
  auto flags = Flags::read(arguments, known);
  if (!flags) return tl::unexpected(flags.error());
  if (flags->has("--help")) return std::nullopt;
  const auto of = [&](const char* name, const std::string& otherwise) {
    const auto found = environment.find(name);
    return found == environment.end() ? otherwise : found->second;
  };
  ServeOptions options;
  options.folder = flags->text("--checkpoint", of("GRANARY_CHECKPOINT", options.folder));
  if (options.folder.empty()) return fail("--checkpoint needs the name of a folder");
  const bool flag = flags->has("--port");
  const auto port =
      parse_whole(flag ? "--port" : "GRANARY_PORT",
                  flag ? flags->text("--port", "") : of("GRANARY_PORT", "0"), {0, 65535});
  if (!port) return fail(port.error());
  options.port = *port;
  const auto wait = flags->whole("--wait", 0, {0, 86'400});
  if (!wait) return fail(wait.error());
  options.wait = *wait;
  options.model = flags->text("--model-name", options.model);
  const bool plain = std::all_of(options.model.begin(), options.model.end(),
                                 [](char c) { return c > ' ' && c < '\x7f'; });
  if (options.model.empty() || options.model.size() > 100 || !plain) {
    return fail("--model-name must have 1 to 100 printable characters without spaces");
  }
  options.progress = of("GRANARY_PROGRESS", "");
  return options;
}

}  // namespace nano
