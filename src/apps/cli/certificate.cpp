// certificate: what an issuer grants, written and signed without a daemon.
#include "engine/certificate.h"

#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"
#include "catalog/printable.h"
#include "serve/token_file.h"

namespace granary::cli {
namespace {

constexpr const char* key_schema = "granary.key/1";
constexpr const char* file_schema = "granary.certificate/1";

tl::unexpected<Error> no_file(const std::string& name, const std::string& what) {
  return fail(Error::Kind::invalid, 1121, printable(name) + " " + what + ".");
}

// What a file holds, of one schema.
Result<Json> parse_file(const std::string& name, const std::string& text, const char* schema) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_discarded() && json.is_object() && text_in(json, "schema") == schema) return json;
  return no_file(name, fmt::format("is no file of the schema {}", schema));
}

// A new key pair; the secret half stays in the file.
Result<int> make_key(Session& session) {
  const std::string path = session.path_of(session.arguments.text("out")).string();
  const auto there = read_private(path);
  if (!there) return fail(there.error());
  if (*there) return no_file(path, "is there already: a key is never overwritten");
  if (sodium_init() < 0) return fail(Error::Kind::failed, 8002, "libsodium does not start.");
  SigningSeed seed;
  randombytes_buf(seed.bytes.data(), seed.bytes.size());
  const std::string open = to_text(public_key_of(seed));
  const Json file{{"schema", key_schema}, {"public", open}, {"secret", to_text(seed)}};
  if (auto written = write_private(path, file.dump(2) + "\n"); !written) {
    return fail(written.error());
  }
  if (session.json)
    return session.print_json({{"schema", "granary.public_key/1"}, {"public", open}});
  session.print(fmt::format("public {}\n", open));
  session.say(
      "The secret half is in the file: who has it can grant. For the programme's file:\n"
      "[[keys]]\nid = \"2026-a\"\npublic = \"" +
      open + "\"\n");
  return 0;
}

Result<Instant> read_instant(const Session& session, const char* flag) {
  auto at = parse_instant(session.arguments.text(flag));
  if (at) return at;
  Error error = at.error();
  error.what = fmt::format("--{} {}", flag, error.what);
  return fail(error);
}

Result<int> save(Session& session, const std::string& path, const Json& file) {
  const std::string text = file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (path.empty()) {
    session.print(text);
    return 0;
  }
  if (auto written = write_private(session.path_of(path).string(), text); !written) {
    return fail(written.error());
  }
  const Json& grant = file.at("grant");
  if (session.json) return session.print_json(file);
  session.print(fmt::format(
      "{}: certificate {} of {}, {} {} to {}, {} signature{}\n", printable(path, 120),
      plain(text_in(grant, "serial")), plain(text_in(grant, "issuer")), text_in(grant, "amount"),
      text_in(grant, "asset"), plain(text_in(grant, "holder")), file.at("signatures").size(),
      file.at("signatures").size() == 1 ? "" : "s"));
  return 0;
}

Result<int> write(Session& session) {
  const Arguments& arguments = session.arguments;
  const auto amount = read_amount("amount", arguments.text("amount"));
  if (!amount) return fail(amount.error());
  const auto expires = read_instant(session, "expires");
  if (!expires) return fail(expires.error());
  const auto from = read_instant(session, "from");
  if (!from) return fail(from.error());
  Certificate certificate{arguments.text("issuer"),
                          arguments.text("serial"),
                          arguments.text("asset", "CNY"),
                          *from,
                          {}};
  certificate.grant.programme = arguments.text("programme");
  certificate.grant.holder = arguments.text("to");
  certificate.grant.amount = *amount;
  certificate.grant.expires = *expires;
  certificate.grant.purposes = arguments.all("purpose");
  certificate.grant.declared = arguments.all("declare");
  const auto text = to_text(certificate);
  if (!text) return fail(text.error());
  return save(
      session, arguments.text("out"),
      {{"schema", file_schema}, {"grant", Json::parse(*text)}, {"signatures", Json::array()}});
}

// The file, its grant well formed.
Result<Json> read_certificate(Session& session, const std::string& name) {
  const auto text = session.read_input(name);
  if (!text) return fail(text.error());
  auto file = parse_file(name, *text, file_schema);
  if (!file) return file;
  const bool whole = file->contains("grant") && file->at("grant").is_object() &&
                     file->contains("signatures") && file->at("signatures").is_array() &&
                     std::all_of(file->at("signatures").begin(), file->at("signatures").end(),
                                 [](const Json& one) { return one.is_object(); });
  if (!whole) return no_file(name, "lacks its grant or its signatures");
  const auto good = parse_certificate(file->at("grant").dump());
  if (!good) return fail(good.error());
  return file;
}

Result<int> sign(Session& session) {
  const auto name = only_word(session, "file");
  if (!name) return fail(name.error());
  auto file = read_certificate(session, *name);
  if (!file) return fail(file.error());
  const std::string path = session.arguments.text("key"), id = session.arguments.text("as");
  const auto secret = read_private(session.path_of(path).string());
  if (!secret) return fail(secret.error());
  if (!*secret) return no_file(path, "is not there");
  const auto key = parse_file(path, **secret, key_schema);
  if (!key) return fail(key.error());
  const auto seed = parse_signing_seed(text_in(*key, "secret"));
  if (!seed) return no_file(path, "holds no secret key");
  for (const Json& one : file->at("signatures")) {
    if (text_in(one, "key") == id) {
      return no_file(*name, fmt::format("is signed as {} already", printable(id)));
    }
  }
  if (file->at("signatures").size() >= most_signatures) {
    return no_file(*name, fmt::format("has {} signatures already", most_signatures));
  }
  const std::string text = file->at("grant").dump();
  file->at("signatures").push_back({{"key", id}, {"signature", to_text(sign(*seed, text))}});
  return save(session, *name, *file);
}

Result<int> show(Session& session) {
  const auto name = only_word(session, "file");
  if (!name) return fail(name.error());
  auto file = read_certificate(session, *name);
  if (!file) return fail(file.error());
  const std::string text = file->at("grant").dump();
  std::optional<PublicKey> key;
  if (session.arguments.has("public")) {
    const auto read = parse_public_key(session.arguments.text("public"));
    if (!read) return fail(read.error());
    key = *read;
  }
  bool good = !key;
  Json shown = *file;
  for (Json& one : shown.at("signatures")) {
    if (!key) continue;
    const auto signature = parse_signature(text_in(one, "signature"));
    const bool by_key = signature && signed_by(*key, *signature, text);
    one["by_this_key"] = by_key;
    good = good || by_key;
  }
  if (session.json) {
    session.print_json(shown);
    return good ? 0 : 1;
  }
  for (const auto& [field, value] : shown.at("grant").items()) {
    const std::string text_of = plain(value.get<std::string>());
    session.print(fmt::format("  {:<10}  {}\n", field, text_of.empty() ? "-" : text_of));
  }
  for (const Json& one : shown.at("signatures")) {
    const char* const verdict = !one.contains("by_this_key")    ? "not checked: --public KEY"
                                : one.at("by_this_key") == true ? "by this public key"
                                                                : "NOT by this public key";
    session.print(fmt::format("  signed as {}: {}\n", plain(text_in(one, "key")), verdict));
  }
  if (shown.at("signatures").empty()) session.print("  not signed\n");
  return good ? 0 : 1;
}

Result<int> register_file(Session& session) {
  const auto name = only_word(session, "file");
  if (!name) return fail(name.error());
  const auto file = read_certificate(session, *name);
  if (!file) return fail(file.error());
  const auto made = session.dry_run ? session.ask("/v1/certificates?dry_run=1", *file)
                                    : session.post("/v1/certificates", *file);
  if (!made) return fail(made.error());
  if (session.json) return session.print_json(*made);
  const Json certificate = made->value("certificate", Json::object());
  session.print(fmt::format(
      "{}{} by certificate {} of {}: {} to {}, {} left.{}\n", session.dry_run ? "would be: " : "",
      text_in(*made, "id"), plain(text_in(certificate, "serial")),
      plain(text_in(certificate, "issuer")), exact_amount(made->value("face", Json())),
      plain(text_in(*made, "holder")), exact_amount(made->value("left", Json())),
      session.dry_run ? "" : "       entry " + counted(*made, "entry")));
  return 0;
}

}  // namespace

std::vector<Verb> certificate_verbs() {
  return {
      {"certificate key",
       "",
       "makes a key pair with which an issuer signs; needs no daemon",
       {{"out", "FILE", "the secret key; never overwritten", false, true}},
       make_key},
      {"certificate write",
       "",
       "writes what is granted, to be signed; needs no daemon",
       {{"issuer", "ISSUER", "of the programme", false, true},
        {"serial", "SERIAL", "one for each grant, for ever", false, true},
        {"programme", "PROGRAMME", "whose fund it comes from", false, true},
        {"to", "TENANT", "who holds it", false, true},
        {"amount", "AMOUNT", "240000", false, true},
        {"asset", "ASSET", "what the programme counts in; CNY if not given"},
        {"from", "DATE", "it cannot be registered earlier", false, true},
        {"expires", "DATE", "of the voucher", false, true},
        {"purpose", "PURPOSE", "pretrain, finetune, serve, run; none: any", true},
        {"declare", "WORD", "what the holder has stated", true},
        {"out", "FILE", "else to the output"}},
       write},
      {"certificate sign",
       "FILE",
       "adds a signature to a certificate; needs no daemon",
       {{"key", "FILE", "the secret key", false, true},
        {"as", "ID", "what the programme's file calls the key", false, true}},
       sign},
      {"certificate show",
       "FILE",
       "what a certificate says",
       {{"public", "KEY", "check its signatures with this public key; exit 1 if none is by it"}},
       show},
      {"voucher register", "FILE", "a certificate becomes a voucher, once", {}, register_file}};
}

}  // namespace granary::cli
