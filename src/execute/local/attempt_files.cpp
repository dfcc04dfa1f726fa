#include "execute/local/attempt_files.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "execute/local/files.h"

namespace granary {

namespace {

using Json = nlohmann::json;

tl::unexpected<Error> damaged(const std::string& name) {
  return fail(Error::Kind::failed, 7023, name + " is damaged.");
}

std::int64_t millis(Instant at) { return at.time_since_epoch().count(); }

std::uint64_t number_in(int folder, const std::string& name) {
  const auto text = read_file(folder, name, small_file_limit);
  std::uint64_t number = 0;
  if (text && *text) {
    std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), number);
  }
  return number;
}

}  // namespace

Instant real_now() { return std::chrono::time_point_cast<Span>(std::chrono::system_clock::now()); }

std::string encode(const Program& program) {
  return Json{{"argv", program.argv},
              {"cwd", program.folder},
              {"env", program.environment},
              {"health", program.health},
              {"launched_at_ms", millis(program.launched)},
              {"path", program.path},
              {"service", program.service}}
             .dump(1) +
         "\n";
}

Result<Program> decode_program(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Program program;
    json.at("argv").get_to(program.argv);
    json.at("cwd").get_to(program.folder);
    json.at("env").get_to(program.environment);
    json.at("health").get_to(program.health);
    program.launched = Instant(Span(json.at("launched_at_ms").get<std::int64_t>()));
    json.at("path").get_to(program.path);
    json.at("service").get_to(program.service);
    if (program.argv.empty()) return damaged("launch.json");
    return program;
  } catch (const Json::exception&) {
    return damaged("launch.json");
  }
}

std::string encode(const Exit& exit) {
  Json json{{"at_ms", millis(exit.at)}};
  if (!exit.lost.empty()) {
    json["lost"] = exit.lost;
  } else if (!exit.refused.empty()) {
    json["refused"] = exit.refused;
  } else {
    json["exit_code"] = exit.exit_code;
    json["exit_signal"] = exit.exit_signal;
  }
  return json.dump() + "\n";
}

Result<Exit> decode_exit(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Exit exit;
    exit.at = Instant(Span(json.at("at_ms").get<std::int64_t>()));
    if (json.contains("lost")) {
      json.at("lost").get_to(exit.lost);
      if (exit.lost.empty()) return damaged("exit.json");
    } else if (json.contains("refused")) {
      json.at("refused").get_to(exit.refused);
      if (exit.refused.empty()) return damaged("exit.json");
    } else {
      json.at("exit_code").get_to(exit.exit_code);
      json.at("exit_signal").get_to(exit.exit_signal);
    }
    return exit;
  } catch (const Json::exception&) {
    return damaged("exit.json");
  }
}

std::optional<Exit> read_exit(int folder) {
  const auto text = read_file(folder, "exit.json", small_file_limit);
  if (text && !*text) return std::nullopt;
  Result<Exit> exit = text ? decode_exit(**text) : Result<Exit>(fail(text.error()));
  if (exit) return *exit;
  Exit lost;
  lost.lost = exit.error().what;
  lost.at = real_now();
  return lost;
}

std::string encode(const Recorded& recorded) {
  return std::to_string(recorded.pid) + " " + std::to_string(recorded.start_ticks) + "\n";
}

std::optional<Recorded> decode_recorded(const std::string& text) {
  Recorded recorded;
  const char* const end = text.data() + text.size();
  const auto [middle, bad_pid] = std::from_chars(text.data(), end, recorded.pid);
  if (bad_pid != std::errc{} || middle == end || recorded.pid <= 0) return std::nullopt;
  const auto [last, bad_ticks] = std::from_chars(middle + 1, end, recorded.start_ticks);
  if (bad_ticks != std::errc{} || last == end) return std::nullopt;
  return recorded;
}

std::optional<Recorded> read_supervisor(int folder) {
  const auto text = read_file(folder, "lock", small_file_limit);
  if (!text || !*text) return std::nullopt;
  return decode_recorded(**text);
}

std::optional<Recorded> read_program(int folder) {
  const std::uint64_t pid = number_in(folder, "pid");
  const std::uint64_t start_ticks = number_in(folder, "start_ticks");
  if (pid == 0 || start_ticks == 0 || pid > (1U << 30)) return std::nullopt;
  return Recorded{static_cast<pid_t>(pid), start_ticks};
}

}  // namespace granary
