#include "engine/certificate.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catalog/printable.h"

namespace granary {
namespace {
using Json = nlohmann::json;

constexpr const char* type_name = "granary-grant-v1";
constexpr std::size_t longest_name = 64;

tl::unexpected<Error> no_certificate(const std::string& what) {
  return fail(Error::Kind::invalid, 1120, "the certificate " + what + ".",
              "ask its issuer for another one; granary certificate write makes them");
}
tl::unexpected<Error> not_good(const Certificate& certificate, const std::string& what,
                               std::string fix = {}) {
  return fail(Error::Kind::refused, 4125,
              fmt::format("certificate {} of {} {}.", printable(certificate.serial),
                          printable(certificate.issuer), what),
              std::move(fix));
}

bool one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}
Result<void> check_name(const char* key, const std::string& name) {
  if (!name.empty() && name.size() <= longest_name && one_line(name)) return {};
  return no_certificate(
      fmt::format("has a {} that is not one line of 1 to {} bytes", key, longest_name));
}
Result<std::string> joined_words(const char* key, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (auto good = check_name(key, word); !good) return fail(good.error());
    if (word.find(',') != std::string::npos) {
      return no_certificate(fmt::format("has a comma in a word of {}", key));
    }
    text += (text.empty() ? "" : ",") + word;
  }
  return text;
}
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Its texts by key; the keys are exactly those of a certificate.
Result<std::map<std::string, std::string>> read_texts(std::string_view text) {
  if (text.size() > longest_certificate) {
    return no_certificate(fmt::format("is longer than {} bytes", longest_certificate));
  }
  bool flat = true;
  const Json json = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json&) {
        flat = flat && depth <= 1;
        return flat;
      },
      false);
  if (json.is_discarded() || !flat || !json.is_object()) {
    return no_certificate("is not a JSON object of texts");
  }
  static const std::vector<std::string> keys{"amount",   "asset",  "declared",   "expires",
                                             "holder",   "issuer", "not_before", "programme",
                                             "purposes", "serial", "type"};
  std::map<std::string, std::string> texts;
  for (const std::string& key : keys) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      return no_certificate(fmt::format("lacks the text \"{}\"", key));
    }
    texts[key] = found->get<std::string>();
  }
  if (json.size() != keys.size()) return no_certificate("has a key that is none of a certificate");
  return texts;
}

const IssuerKey* find_key(const Programme& programme, const std::string& id) {
  for (const IssuerKey& key : programme.keys) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

Result<void> check_signature(const Certificate& certificate, const Programme& programme,
                             const KeySignature& given, const std::string& text, Instant now) {
  const std::string id = printable(given.key);
  const IssuerKey* const key = find_key(programme, given.key);
  if (key == nullptr) {
    return not_good(certificate,
                    fmt::format("is signed with key {}, which {} does not have", id, programme.id),
                    programme.keys.empty() ? "the programme's file needs [[keys]]"
                                           : "known keys stand in the programme's file");
  }
  if (key->revoked != Instant{} && key->revoked <= now) {
    return not_good(certificate, fmt::format("is signed with key {}, which was revoked on {}", id,
                                             to_text(key->revoked)));
  }
  if (now < key->from || (key->until != Instant{} && now >= key->until)) {
    return not_good(certificate,
                    fmt::format("is signed with key {}, which is good {}{}", id,
                                key->from == Instant{} ? "" : "from " + to_text(key->from) + " ",
                                key->until == Instant{} ? "on" : "until " + to_text(key->until)));
  }
  const auto signature = parse_signature(given.signature);
  if (signature && signed_by(key->key, *signature, text)) return {};
  return not_good(certificate,
                  fmt::format("has a signature by key {} that is not of these contents", id),
                  "it was altered, or signed with another key: ask its issuer for it again");
}

}  // namespace

Result<std::string> to_text(const Certificate& certificate) {
  const Grant& grant = certificate.grant;
  for (const auto& [key, name] : {std::pair("issuer", certificate.issuer),
                                  {"serial", certificate.serial},
                                  {"asset", certificate.asset},
                                  {"programme", grant.programme},
                                  {"holder", grant.holder}}) {
    if (auto good = check_name(key, name); !good) return fail(good.error());
  }
  const auto declared = joined_words("declared", grant.declared);
  if (!declared) return declared;
  const auto purposes = joined_words("purposes", grant.purposes);
  if (!purposes) return purposes;
  const Json json{{"amount", to_text(grant.amount)},
                  {"asset", certificate.asset},
                  {"declared", *declared},
                  {"expires", to_text(grant.expires)},
                  {"holder", grant.holder},
                  {"issuer", certificate.issuer},
                  {"not_before", to_text(certificate.not_before)},
                  {"programme", grant.programme},
                  {"purposes", *purposes},
                  {"serial", certificate.serial},
                  {"type", type_name}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > longest_certificate) {
    return no_certificate(fmt::format("is longer than {} bytes", longest_certificate));
  }
  return text;
}

Result<Certificate> parse_certificate(std::string_view text) {
  const auto texts = read_texts(text);
  if (!texts) return fail(texts.error());
  if (texts->at("type") != type_name) {
    return no_certificate(
        fmt::format("is of the type \"{}\", not {}", printable(texts->at("type")), type_name));
  }
  const auto amount = parse_money(texts->at("amount"));
  const auto expires = parse_instant(texts->at("expires"));
  const auto not_before = parse_instant(texts->at("not_before"));
  if (!amount) return no_certificate("has an amount that is none");
  if (!expires || !not_before) return no_certificate("has a date that is none");
  Certificate certificate{
      texts->at("issuer"), texts->at("serial"), texts->at("asset"), *not_before, {}};
  certificate.grant.programme = texts->at("programme");
  certificate.grant.holder = texts->at("holder");
  certificate.grant.amount = *amount;
  certificate.grant.expires = *expires;
  certificate.grant.purposes = words_of(texts->at("purposes"));
  certificate.grant.declared = words_of(texts->at("declared"));
  const auto again = to_text(certificate);
  if (!again) return fail(again.error());
  if (*again != text) return no_certificate("is not written in its one canonical form");
  return certificate;
}

Result<CertifiedGrant> certified_grant(const Programmes& programmes, const SignedCertificate& given,
                                       const Certificate& certificate, Instant now) {
  Grant grant = certificate.grant;
  const auto found = programmes.find(grant.programme);
  if (found == programmes.end()) {
    return fail(Error::Kind::not_found, 2005,
                fmt::format("no programme \"{}\", for which certificate {} of {} is.",
                            printable(grant.programme), printable(certificate.serial),
                            printable(certificate.issuer)));
  }
  const Programme& programme = found->second;
  if (programme.issuer != certificate.issuer) {
    return not_good(certificate, fmt::format("is foreign: the issuer of {} is {}", programme.id,
                                             programme.issuer));
  }
  if (programme.asset != certificate.asset) {
    return not_good(certificate,
                    fmt::format("counts in {}, and {} in {}", printable(certificate.asset),
                                programme.id, programme.asset));
  }
  if (now < certificate.not_before) {
    return not_good(certificate,
                    "may be registered from " + to_text(certificate.not_before) + ", not yet");
  }
  if (given.signatures.empty() || given.signatures.size() > most_signatures) {
    return not_good(
        certificate,
        fmt::format("has {} signatures, not 1 to {}", given.signatures.size(), most_signatures),
        "granary certificate sign FILE --key KEY --as ID");
  }
  Certified certified{certificate.issuer, certificate.serial, {}, sha256(given.text)};
  for (const KeySignature& signature : given.signatures) {
    if (auto good = check_signature(certificate, programme, signature, given.text, now); !good) {
      return fail(good.error());
    }
    if (std::count(certified.keys.begin(), certified.keys.end(), signature.key) != 0) {
      return not_good(certificate, fmt::format("is signed with key {} twice", signature.key));
    }
    certified.keys.push_back(signature.key);
  }
  if (certified.keys.size() > 1) grant.approved_by = "key " + certified.keys[1];
  return CertifiedGrant{std::move(grant), std::move(certified)};
}

}  // namespace granary
