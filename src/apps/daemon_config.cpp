#include "apps/daemon_config.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "catalog/built_in.h"
#include "serve/token_file.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Texts = std::map<std::string, std::string>;  // of documents by name

constexpr std::uintmax_t largest_document = 1 << 20;
constexpr const char* clock_schema = "granary.clock/1";

tl::unexpected<Error> unreadable(const fs::path& path, const std::string& why) {
  return fail(Error::Kind::failed, 7024, "Cannot read " + path.string() + ": " + why + ".");
}

Result<std::string> read_text(const fs::path& path) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec)) return unreadable(path, "it is not a file");
  if (fs::file_size(path, ec) > largest_document) return unreadable(path, "it is over 1 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return unreadable(path, "reading failed");
  if (text.empty()) return unreadable(path, "it is empty");
  return text;
}

void drop(Texts& texts, const std::string& prefix) {
  std::erase_if(texts, [&](const auto& one) { return one.first.starts_with(prefix); });
}

Result<void> read_folder(const fs::path& folder, const std::string& prefix, Texts& into) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (entry.path().extension() != ".toml") continue;
    const auto text = read_text(entry.path());
    if (!text) return fail(text.error());
    into[prefix + entry.path().filename().string()] = *text;
  }
  if (ec) return unreadable(folder, ec.message());
  return {};
}

std::string epoch_text(const ScaledClock::Epoch& epoch) {
  return json{{"schema", clock_schema},
              {"start", to_text(epoch.start)},
              {"real_start", to_text(epoch.real_start)},
              {"factor", epoch.factor}}
             .dump() +
         "\n";
}

Result<std::optional<ScaledClock::Epoch>> read_epoch(const std::string& path) {
  const auto text = read_private(path);
  if (!text) return fail(text.error());
  if (!*text) return std::optional<ScaledClock::Epoch>();
  const json file = json::parse(**text, nullptr, false);
  if (file.is_object() && file.value("schema", json()) == clock_schema &&
      file.value("start", json()).is_string() && file.value("real_start", json()).is_string() &&
      file.value("factor", json()).is_number()) {
    const auto start = parse_instant(file["start"].get<std::string>());
    const auto real = parse_instant(file["real_start"].get<std::string>());
    const double factor = file["factor"].get<double>();
    if (start && real && factor > 0) return ScaledClock::Epoch{*start, *real, factor};
  }
  return unreadable(path, "it does not say when the clock started");
}

}  // namespace

std::string default_data_folder() {
  const char* const data = std::getenv("XDG_DATA_HOME");
  if (data && data[0] == '/') return std::string(data) + "/granary";
  const char* const home = std::getenv("HOME");
  return std::string(home && home[0] == '/' ? home : "/var/lib") + "/.local/share/granary";
}

Result<Listen> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    Listen listen{text.substr(0, colon), 0};
    if (listen.address.starts_with('[') && listen.address.ends_with(']')) {
      listen.address = listen.address.substr(1, listen.address.size() - 2);
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, listen.port);
    if (error == std::errc{} && stop == end) return listen;
  }
  return fail(Error::Kind::invalid, 1046,
              "\"" + text.substr(0, 80) + "\" is not an address and a port.",
              "--listen 127.0.0.1:7420");
}

Result<std::vector<Document>> read_documents(const std::string& stock) {
  Texts texts;
  for (const Document& document : built_in_documents()) texts[document.name] = document.text;
  std::error_code ec;
  if (!stock.empty() && fs::is_directory(stock, ec)) {
    bool found = fs::exists(fs::path(stock) / "sources.toml", ec);
    for (const std::string name : {"sites", "programmes", "chips", "models", "sources"}) {
      const fs::path folder = fs::path(stock) / name;
      if (!fs::is_directory(folder, ec)) continue;
      found = true;
      if (name == "sites" || name == "programmes") drop(texts, name + "/");
      if (auto read = read_folder(folder, name + "/", texts); !read) return fail(read.error());
    }
    if (!found) {
      return unreadable(stock, "it has none of the folders sites, programmes, chips, models");
    }
    if (const auto sources = fs::path(stock) / "sources.toml"; fs::exists(sources, ec)) {
      const auto text = read_text(sources);
      if (!text) return fail(text.error());
      texts["sources.toml"] = *text;
    }
  } else if (!stock.empty()) {
    const auto text = read_text(stock);
    if (!text) return fail(text.error());
    drop(texts, "sites/");
    texts["sites/" + fs::path(stock).filename().string()] = *text;
  }
  std::vector<Document> documents;
  for (auto& [name, text] : texts) documents.push_back({name, std::move(text)});
  return documents;
}

Configure configure_command(const std::vector<Document>& documents, const std::string& policy) {
  Configure configure;
  configure.policy = policy;
  for (const Document& document : documents) {
    configure.documents.push_back({document.name, sha256(document.text), document.text});
  }
  return configure;
}

Result<ScaledClock> open_clock(const std::string& data, const DaemonConfig& config) {
  const std::string path = data + "/clock.json";
  const Instant real = SystemClock().now();
  auto kept = read_epoch(path);
  if (!kept) return fail(kept.error());
  ScaledClock::Epoch epoch{real, real, config.time_factor > 0 ? config.time_factor : 1};
  if (*kept) {
    if (config.time_factor <= 0 || config.time_factor == (*kept)->factor) {
      return ScaledClock(**kept);
    }
    epoch.start = ScaledClock(**kept).at(real);
  } else if (!config.start_at.empty()) {
    const auto start = parse_instant(config.start_at);
    if (!start) return fail(start.error());
    epoch.start = *start;
  } else if (epoch.factor == 1) {
    return ScaledClock(epoch);  // the machine's own time: nothing to keep
  }
  if (auto written = write_private(path, epoch_text(epoch)); !written) {
    return fail(written.error());
  }
  return ScaledClock(epoch);
}

}  // namespace granary
