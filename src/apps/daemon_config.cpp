#include "apps/daemon_config.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

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

bool has(const Texts& texts, const std::string& prefix) {
  const auto at = texts.lower_bound(prefix);
  return at != texts.end() && at->first.starts_with(prefix);
}

// The documents of one stock: a folder of folders, or the file of one site.
Result<void> read_stock(const std::string& stock, Texts& own) {
  std::error_code ec;
  if (!fs::is_directory(stock, ec)) {
    const auto text = read_text(stock);
    if (!text) return fail(text.error());
    own["sites/" + fs::path(stock).filename().string()] = *text;
    return {};
  }
  bool found = false;
  for (const std::string name :
       {"sites", "programmes", "chips", "models", "rules", "calibrations", "sources"}) {
    const fs::path folder = fs::path(stock) / name;
    if (!fs::is_directory(folder, ec)) continue;
    found = true;
    if (auto read = read_folder(folder, name + "/", own); !read) return read;
  }
  if (const auto sources = fs::path(stock) / "sources.toml"; fs::exists(sources, ec)) {
    found = true;
    const auto text = read_text(sources);
    if (!text) return fail(text.error());
    own["sources.toml"] = *text;
  }
  if (found) return {};
  return unreadable(stock,
                    "it has none of the folders sites, programmes, chips, models, rules, "
                    "calibrations");
}

Error same_name(const std::string& document, const std::string& a, const std::string& b) {
  return {Error::Kind::invalid, 1065,
          "Both " + a + " and " + b + " bring a document " + document +
              "; one would replace the other.",
          "rename one of the files, or put both into one folder"};
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

Result<std::map<std::string, std::string>> slurm_files(const DaemonConfig& config) {
  std::map<std::string, std::string> files;
  for (const std::string& one : config.slurm) {
    const std::size_t equals = one.find('=');
    const std::string file = equals == std::string::npos ? "" : one.substr(equals + 1);
    std::error_code ec;
    if (equals == 0 || file.empty() || file[0] != '/' || !fs::is_regular_file(file, ec)) {
      return fail(Error::Kind::invalid, 1133,
                  "\"" + one.substr(0, 200) + "\" does not name a site and its slurm.conf.",
                  "--slurm east=/etc/slurm/slurm.conf");
    }
    if (!files.emplace(one.substr(0, equals), file).second) {
      return fail(Error::Kind::invalid, 1133,
                  "--slurm names site " + one.substr(0, equals) + " twice.",
                  "one slurm.conf a site");
    }
  }
  return files;
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

Result<std::vector<Document>> read_documents(const std::vector<std::string>& stocks) {
  Texts texts;
  for (const Document& document : built_in_documents()) texts[document.name] = document.text;
  std::map<std::string, std::string> from;  // where each document was read, by name
  std::set<std::string> replaced;           // "sites/" once a stock has its own
  for (const std::string& stock : stocks) {
    Texts own;
    if (auto read = read_stock(stock, own); !read) return fail(read.error());
    for (const char* kind : {"sites/", "programmes/"}) {
      if (has(own, kind) && replaced.insert(kind).second) drop(texts, kind);
    }
    for (auto& [name, text] : own) {
      const auto [other, is_new] = from.emplace(name, stock);
      if (!is_new) return fail(same_name(name, other->second, stock));
      texts[name] = std::move(text);
    }
  }
  std::vector<Document> documents;
  for (auto& [name, text] : texts) documents.push_back({name, std::move(text)});
  return documents;
}

Result<CheckedConfig> check(const DaemonConfig& config) {
  auto listen = parse_listen(config.listen);
  if (!listen) return fail(listen.error());
  if (!config.start_at.empty()) {
    if (const auto start = parse_instant(config.start_at); !start) return fail(start.error());
  }
  if (const auto files = slurm_files(config); !files) return fail(files.error());
  auto documents = read_documents(config.stocks);
  if (!documents) return fail(documents.error());
  auto made = configure(*documents, config.policy, Limits{}, {});
  if (!made) return fail(made.error());
  return CheckedConfig{std::move(*listen), std::move(*documents), std::move(*made)};
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
