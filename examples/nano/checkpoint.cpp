#include "nano/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <type_traits>

namespace nano {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "NANOCKPT";
constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kPrefix = "ckpt-";
constexpr std::size_t kHeader = 8 + 13 * 8;  // magic, then the words that encode() puts first

// FNV-1a, 64 bits. Every step is a bijection of the state, so no single changed byte goes unseen.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3U;
  }
  return hash;
}

template <class T>
void put(std::string& bytes, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_floats(std::string& bytes, const std::vector<float>& values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string encode(const Training& t) {
  std::string bytes(kMagic);
  bytes.reserve(kHeader + 3 * t.weights.size() * sizeof(float) + 8);
  for (const std::uint64_t word :
       {kVersion, std::uint64_t{t.shape.layers}, std::uint64_t{t.shape.hidden},
        std::uint64_t{t.shape.heads}, std::uint64_t{t.shape.context}, t.steps, t.tokens}) {
    put(bytes, word);
  }
  put(bytes, t.loss);
  for (const std::uint64_t word : t.random.state) put(bytes, word);
  put(bytes, std::uint64_t{t.weights.size()});
  put_floats(bytes, t.weights);
  put_floats(bytes, t.first);
  put_floats(bytes, t.second);
  put(bytes, checksum(bytes));
  return bytes;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::vector<float> floats(std::size_t count) {
    std::vector<float> values(count);
    std::memcpy(values.data(), bytes_.data(), count * sizeof(float));
    bytes_.remove_prefix(count * sizeof(float));
    return values;
  }

 private:
  std::string_view bytes_;
};

Result<Training> decode(const std::string& path, std::string_view bytes) {
  if (bytes.size() < kHeader + 8 || bytes.substr(0, kMagic.size()) != kMagic) {
    return fail("checkpoint " + path + " is truncated or not a checkpoint");
  }
  if (Reader(bytes.substr(bytes.size() - 8)).take<std::uint64_t>() !=
      checksum(bytes.substr(0, bytes.size() - 8))) {
    return fail("checkpoint " + path + " is truncated or corrupt: its checksum does not match");
  }
  Reader reader(bytes.substr(kMagic.size()));
  const auto version = reader.take<std::uint64_t>();
  if (version != kVersion) {
    return fail("checkpoint " + path + " has version " + std::to_string(version) +
                "; this program reads version " + std::to_string(kVersion));
  }
  Training t;
  for (std::size_t* size : {&t.shape.layers, &t.shape.hidden, &t.shape.heads, &t.shape.context}) {
    *size = reader.take<std::uint64_t>();
  }
  t.steps = reader.take<std::uint64_t>();
  t.tokens = reader.take<std::uint64_t>();
  t.loss = reader.take<double>();
  for (std::uint64_t& word : t.random.state) word = reader.take<std::uint64_t>();
  const auto count = reader.take<std::uint64_t>();
  if (auto sound = check(t.shape); !sound) return fail("checkpoint " + path + ": " + sound.error());
  if (count != offsets(t.shape).count || bytes.size() != kHeader + 12 * count + 8) {
    return fail("checkpoint " + path + " does not have the size that its model needs");
  }
  t.weights = reader.floats(count);
  t.first = reader.floats(count);
  t.second = reader.floats(count);
  return t;
}

std::string system_error(const std::string& what) { return what + ": " + std::strerror(errno); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<void> write_durably(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.number() < 0) return fail(system_error("cannot create " + path));
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(system_error("cannot write " + path));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.number()) != 0) return fail(system_error("cannot make " + path + " durable"));
  return {};
}

// Steps of all checkpoints of the folder, newest first.
std::vector<std::uint64_t> all_steps(const std::string& folder) {
  std::vector<std::uint64_t> all;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto steps = steps_of(it->path().filename().string());
    if (steps) all.push_back(*steps);
  }
  std::sort(all.rbegin(), all.rend());
  return all;
}

}  // namespace

std::string checkpoint_name(std::uint64_t steps) {
  const std::string digits = std::to_string(steps);
  return std::string(kPrefix) + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') +
         digits;
}

std::optional<std::uint64_t> steps_of(const std::string& name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t steps = 0;
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), last, steps);
  const bool whole = error == std::errc{} && end == last && checkpoint_name(steps) == name;
  return whole ? std::optional(steps) : std::nullopt;
}

Result<std::string> save_checkpoint(const std::string& folder, const Training& training) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail("cannot create folder " + folder + ": " + error.message());
  const std::string name = checkpoint_name(training.steps);
  const std::string temporary = folder + "/.ckpt.new";
  auto written = write_durably(temporary, encode(training));
  if (!written) return tl::unexpected(written.error());
  if (std::rename(temporary.c_str(), (folder + "/" + name).c_str()) != 0) {
    return fail(system_error("cannot rename " + temporary + " to " + name));
  }
  const Descriptor place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (place.number() < 0 || ::fsync(place.number()) != 0) {
    return fail(system_error("cannot make folder " + folder + " durable"));
  }
  return name;
}

Result<Training> load_checkpoint(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return fail("checkpoint " + path + " is not a file");
  std::ifstream file(path, std::ios::binary);
  std::string bytes(fs::file_size(path, error), '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return fail("checkpoint " + path + " cannot be read");
  }
  return decode(path, bytes);
}

Result<Search> newest_checkpoint(const std::string& folder, std::uint64_t before) {
  Search search;
  for (const std::uint64_t steps : all_steps(folder)) {
    if (steps >= before) continue;
    const std::string name = checkpoint_name(steps);
    auto training = load_checkpoint(folder + "/" + name);
    if (training) {
      search.found = Found{name, std::move(*training)};
      return search;
    }
    search.skipped.push_back(training.error());
  }
  if (search.skipped.empty()) return search;
  return fail("none of the " + std::to_string(search.skipped.size()) + " checkpoints in " + folder +
              " is whole; the newest: " + search.skipped.front());
}

void prune_checkpoints(const std::string& folder, std::uint64_t begin,
                       const std::set<std::uint64_t>& written) {
  std::size_t kept = 0;
  for (const std::uint64_t steps : all_steps(folder)) {
    const bool ours = steps <= begin || written.count(steps) != 0;
    if (ours && ++kept <= kCheckpointsKept) continue;
    std::error_code ignored;  // one file too many is no reason to stop a training
    fs::remove(folder + "/" + checkpoint_name(steps), ignored);
  }
}

}  // namespace nano
