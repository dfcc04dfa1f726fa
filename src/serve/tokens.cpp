#include "serve/tokens.h"

#include <sodium.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "serve/token_file.h"

namespace granary {
namespace {

using nlohmann::json;
constexpr std::size_t id_bytes = 6, secret_bytes = 32;
constexpr std::string_view prefix = "gr_";
constexpr const char* schema = "granary.tokens/1";

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  std::string text(size * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

bool read_hex(const std::string& text, std::array<std::uint8_t, 32>& into) {
  std::size_t size = 0;
  return text.size() == 64 &&
         sodium_hex2bin(into.data(), into.size(), text.data(), text.size(), nullptr, &size,
                        nullptr) == 0 &&
         size == into.size();
}

std::string random_hex(std::size_t size) {
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), size);
  return hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), size);
}

}  // namespace

Result<TokenList> TokenList::open(const std::string& path) {
  if (sodium_init() < 0) return fail(Error::Kind::failed, 8002, "libsodium does not start.");
  auto text = read_private(path);
  if (!text) return fail(text.error());
  TokenList tokens(path);
  if (!*text) {
    randombytes_buf(tokens.key_.data(), tokens.key_.size());
    if (auto written = tokens.write(); !written) return fail(written.error());
    return tokens;
  }
  const json file = json::parse(**text, nullptr, false);
  const auto bad = [&] {
    return fail(Error::Kind::failed, 8002, path + " is not a file of tokens.");
  };
  try {
    if (!file.is_object() || file.at("schema") != schema) return bad();
    if (!read_hex(file.at("key"), tokens.key_)) return bad();
    for (const json& one : file.at("tokens")) {
      Kept kept{{}, one.at("actor")};
      if (!read_hex(one.at("hash"), kept.hash)) return bad();
      tokens.kept_.emplace(one.at("id"), std::move(kept));
    }
  } catch (const json::exception&) {
    return bad();
  }
  return tokens;
}

Result<std::string> TokenList::create(const std::string& actor) {
  const std::string id = random_hex(id_bytes);
  const std::string token = std::string(prefix) + id + "_" + random_hex(secret_bytes);
  kept_[id] = {hash_of(token), actor};
  if (auto written = write(); !written) {
    kept_.erase(id);
    return fail(written.error());
  }
  return token;
}

std::optional<std::string> TokenList::check(std::string_view token) const {
  constexpr std::size_t id_end = prefix.size() + 2 * id_bytes;
  if (token.size() != id_end + 1 + 2 * secret_bytes || !token.starts_with(prefix)) {
    return std::nullopt;
  }
  const Key hash = hash_of(token);
  const auto found = kept_.find(token.substr(prefix.size(), 2 * id_bytes));
  if (found == kept_.end()) return std::nullopt;
  if (sodium_memcmp(hash.data(), found->second.hash.data(), hash.size()) != 0) return std::nullopt;
  return found->second.actor;
}

TokenList::Key TokenList::hash_of(std::string_view token) const {
  Key hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size(), key_.data(), key_.size());
  return hash;
}

Result<void> TokenList::write() const {
  json file = {{"schema", schema}, {"key", hex(key_.data(), key_.size())}};
  file["tokens"] = json::array();
  for (const auto& [id, kept] : kept_) {
    file["tokens"].push_back(
        {{"id", id}, {"hash", hex(kept.hash.data(), kept.hash.size())}, {"actor", kept.actor}});
  }
  return write_private(path_, file.dump(1) + "\n");
}

}  // namespace granary
