#include "apps/cli/session.h"

#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "serve/http_client.h"
#include "serve/token_file.h"

namespace granary::cli {
namespace {

constexpr std::size_t largest_input = 1 << 20;

// 128 random bits, in hexadecimal digits.
std::string random_key() {
  std::random_device device;
  std::string key;
  for (int i = 0; i < 4; ++i) key += fmt::format("{:08x}", device());
  return key;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

std::string Arguments::text(const std::string& flag, const std::string& otherwise) const {
  const auto found = values.find(flag);
  return found == values.end() || found->second.empty() ? otherwise : found->second.front();
}

std::vector<std::string> Arguments::all(const std::string& flag) const {
  const auto found = values.find(flag);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

Session::Session(CliContext& c, Arguments given) : context(c), arguments(std::move(given)) {
  json = arguments.has("json");
  quiet = arguments.has("quiet");
  yes = arguments.has("yes");
  dry_run = arguments.has("dry-run");
  const std::string wish = arguments.text("color", "auto");
  const bool plain_terminal = !variable("NO_COLOR").empty() || variable("TERM") == "dumb";
  colour_ = wish == "always" || (wish != "never" && c.out_is_terminal && !plain_terminal);
}

void Session::print(const std::string& text) { context.out << text; }
void Session::print(const Table& table) { context.out << table.text(look()); }
int Session::print_json(const Json& object) {
  context.out << json_text(object);
  return 0;
}
void Session::say(const std::string& text) {
  if (!quiet) context.err << text << std::flush;
}
void Session::say(const Table& table) { say(table.text(look())); }

Table::Look Session::look() const {
  return {context.out_is_terminal ? std::max(context.width, 20) : 0, colour_};
}

Result<void> Session::can_ask(const std::string& doing) const {
  if (yes || dry_run || context.in_is_terminal) return {};
  return fail(Error::Kind::invalid, 1002,
              doing + " needs --yes, because there is no terminal to ask.");
}

bool Session::confirm(const std::string& question) {
  if (yes) return true;
  context.err << question << "  [y/N] " << std::flush;
  std::string line;
  std::getline(context.in, line);
  const bool agreed = line == "y" || line == "Y" || line == "yes";
  if (!agreed) say("Nothing was changed.\n");
  return agreed;
}

std::string Session::variable(const std::string& name) const {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? "" : found->second;
}

std::filesystem::path Session::data_folder() const {
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) {
    return std::filesystem::path(data) / "granary";
  }
  const std::string home = variable("HOME");
  return home.empty() ? "" : std::filesystem::path(home) / ".local/share/granary";
}

std::string Session::url_of_data_folder() const {
  const auto folder = data_folder();
  if (folder.empty()) return "";
  std::ifstream file(folder / "url");
  std::string line;
  std::getline(file, line);
  return first_line(line);
}

bool Session::has_daemon() const {
  return context.transport || arguments.has("url") || !variable("GRANARY_URL").empty() ||
         !url_of_data_folder().empty();
}

Result<Transport*> Session::transport() {
  if (context.transport) return context.transport;
  if (own_) return own_.get();
  const std::string of_folder = url_of_data_folder();
  std::string url = of_folder.empty() ? "http://127.0.0.1:7420" : of_folder;
  if (const std::string wanted = variable("GRANARY_URL"); !wanted.empty()) url = wanted;
  url = arguments.text("url", url);
  std::filesystem::path token_file = variable("GRANARY_TOKEN_FILE");
  // The data folder's token is for that folder's daemon and is shown to no other.
  if (token_file.empty() && !of_folder.empty() && url == of_folder) {
    token_file = data_folder() / "token";
  }
  std::string token;
  if (!token_file.empty()) {
    const auto text = read_private(path_of(token_file.string()).string());
    if (!text) return fail(text.error());
    if (*text) token = first_line(**text);
  }
  own_ = std::make_unique<HttpTransport>(std::move(url), std::move(token));
  return own_.get();
}

Result<Json> Session::send(HttpRequest request) {
  const auto way = transport();
  if (!way) return fail(way.error());
  request.headers["content-type"] = "application/json";
  return read_answer((*way)->send(request));
}

Result<Json> Session::get(const std::string& target) { return send({"GET", target, {}, "", ""}); }

Result<Json> Session::post(const std::string& target, const Json& body) {
  const std::string key = context.new_key ? context.new_key() : random_key();
  return send({"POST",
               target,
               {{"idempotency-key", key}},
               body.dump(-1, ' ', false, Json::error_handler_t::replace),
               ""});
}

Result<Json> Session::ask(const std::string& target, const Json& body) {
  return send({"POST", target, {}, body.dump(-1, ' ', false, Json::error_handler_t::replace), ""});
}

std::filesystem::path Session::path_of(const std::string& name) const {
  return context.directory / name;  // an absolute name stays itself
}

Result<std::string> Session::read_input(const std::string& name) const {
  std::string text;
  bool good = true;
  const auto take = [&](std::istream& in) {
    char part[4096];
    while (text.size() <= largest_input && (in.read(part, sizeof part) || in.gcount() > 0)) {
      text.append(part, static_cast<std::size_t>(in.gcount()));
    }
  };
  if (name == "-") {
    take(context.in);
  } else {
    std::error_code error;
    const auto path = path_of(name);
    std::ifstream file;
    if (std::filesystem::is_regular_file(path, error)) file.open(path, std::ios::binary);
    good = file.is_open();
    if (good) take(file);
  }
  if (!good)
    return fail(Error::Kind::not_found, 2012,
                "There is no file " + plain(name) + " that can be read.");
  if (text.size() <= largest_input) return text;
  return fail(Error::Kind::invalid, 1070, plain(name) + " is longer than 1 MiB.");
}

Result<Json> read_answer(const Result<HttpResponse>& answer) {
  if (!answer) return fail(answer.error());
  Json body = Json::parse(answer->body, nullptr, false);
  if (body.is_object()) {
    if (answer->status >= 200 && answer->status < 300) return body;
    const std::string code = text_in(body, "code");
    int number = 0;
    for (const char c : code.substr(std::min<std::size_t>(1, code.size()), 4)) {
      number = c >= '0' && c <= '9' ? number * 10 + (c - '0') : number;
    }
    std::string fixes;
    for (const Json& fix : body.value("fixes", Json::array())) {
      if (fix.is_string()) fixes += (fixes.empty() ? "" : " · ") + fix.get<std::string>();
    }
    if (number > 0) {
      return fail(parse_error_kind(text_in(body, "kind")), number, text_in(body, "detail"), fixes);
    }
  }
  return fail(Error::Kind::unavailable, 7011,
              fmt::format("The answer (status {}) is not one of granaryd's.", answer->status),
              "is this the address of a granaryd?");
}

tl::unexpected<Error> usage(std::string what, std::string fix) {
  return fail(Error::Kind::invalid, 1000, std::move(what), std::move(fix));
}

Result<std::string> only_word(const Session& session, const std::string& what) {
  const auto& words = session.arguments.words;
  if (words.size() == 1) return words.front();
  if (words.empty()) return usage("Say which: " + what + ".");
  return usage(fmt::format("One {} at a time, not {}.", what, words.size()));
}

Result<Money> read_amount(const std::string& flag, const std::string& text) {
  auto amount = parse_money(text);
  if (!amount) {
    Error error = amount.error();
    error.what = "--" + flag + " " + error.what;
    return fail(error);
  }
  return amount;
}

}  // namespace granary::cli
