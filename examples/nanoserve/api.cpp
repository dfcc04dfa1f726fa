#include "nanoserve/api.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace nano {
namespace {

using nlohmann::json;

constexpr const char* kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kMostMessages = 256;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Reads members of the request until the first that is wrong; then keeps its refusal.
class Members {
 public:
  explicit Members(const json& body) : body_(body) {}

  const json* member(const char* name) const {
    const auto found = body_.find(name);
    return found == body_.end() || found->is_null() ? nullptr : &*found;
  }
  bool flag(const char* name) {
    const json* value = member(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(400, std::string(name) + " must be true or false");
    return value->is_boolean() && value->get<bool>();
  }
  void whole(const char* name, std::uint64_t most, std::uint64_t& to) {
    const json* value = member(name);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > most) {
      return refuse(
          400, std::string(name) + " must be a whole number from 0 to " + std::to_string(most));
    }
    to = value->get<std::uint64_t>();
  }
  void refuse(unsigned status, std::string message) {
    if (!refusal_) refusal_ = Refusal{status, std::move(message)};
  }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  const json& body_;
  std::optional<Refusal> refusal_;
};

void read_prompt(Members& members, Ask& ask) {
  const json* prompt = members.member("prompt");
  if (prompt == nullptr || !prompt->is_string()) {
    return members.refuse(400, "prompt must be a string");
  }
  ask.prompt = prompt->get<std::string>();
}

void read_messages(Members& members, Ask& ask) {
  const json* messages = members.member("messages");
  if (messages == nullptr || !messages->is_array() || messages->empty() ||
      messages->size() > kMostMessages) {
    return members.refuse(
        400, "messages must be a list of 1 to " + std::to_string(kMostMessages) + " messages");
  }
  for (const json& message : *messages) {
    const bool sound = message.is_object() && message.contains("role") &&
                       message["role"].is_string() && message.contains("content") &&
                       message["content"].is_string();
    if (!sound) return members.refuse(400, "each message must have a role and a content in text");
    ask.prompt +=
        message["role"].get<std::string>() + ": " + message["content"].get<std::string>() + "\n";
  }
  ask.prompt += "assistant:";
}

// What changes the answer and is not offered is refused, not ignored.
void refuse_what_is_not_offered(Members& members) {
  std::uint64_t answers = 1;
  members.whole("n", 1, answers);
  if (answers != 1) members.refuse(400, "n must be 1");
  for (const char* name : {"stop", "logprobs", "tools", "functions", "suffix"}) {
    const json* value = members.member(name);
    if (value != nullptr && *value != json(false)) {
      members.refuse(400, std::string(name) + " is not offered here");
    }
  }
}

void read_sampling(Members& members, Ask& ask) {
  std::uint64_t tokens = ask.max_tokens;
  members.whole("max_tokens", kMostTokens, tokens);
  if (tokens == 0) members.refuse(400, "max_tokens must be at least 1");
  ask.max_tokens = tokens;
  if (const json* value = members.member("temperature"); value != nullptr) {
    const double temperature = value->is_number() ? value->get<double>() : -1.0;
    if (!(temperature >= 0.0 && temperature <= 2.0)) {
      members.refuse(400, "temperature must be a number from 0 to 2");
    }
    ask.temperature = temperature;
  }
  if (members.member("seed") != nullptr) {
    std::uint64_t seed = 0;
    members.whole("seed", UINT64_MAX, seed);
    ask.seed = seed;
  }
}

json head(const Answer& answer, bool piece) {
  const std::string object =
      answer.chat ? (piece ? "chat.completion.chunk" : "chat.completion") : "text_completion";
  return {
      {"id", answer.id}, {"object", object}, {"created", answer.created}, {"model", answer.model}};
}

json usage(const Answer& answer, std::size_t tokens) {
  return {{"prompt_tokens", answer.prompt_tokens},
          {"completion_tokens", tokens},
          {"total_tokens", answer.prompt_tokens + tokens}};
}

}  // namespace

tl::expected<Ask, Refusal> parse_ask(bool chat, std::string_view text, const std::string& model) {
  const json body = json::parse(text, nullptr, false);
  if (body.is_discarded()) return tl::unexpected(Refusal{400, "the body is not JSON"});
  if (!body.is_object()) return tl::unexpected(Refusal{400, "the body must be a JSON object"});
  Ask ask;
  ask.chat = chat;
  Members members(body);
  if (const json* value = members.member("model"); value != nullptr && *value != json(model)) {
    const std::string asked = value->is_string() ? value->get<std::string>() : dump(*value);
    members.refuse(404, "there is no model \"" + asked + "\" here; \"" + model + "\" is served");
  }
  if (chat) {
    read_messages(members, ask);
  } else {
    read_prompt(members, ask);
  }
  read_sampling(members, ask);
  refuse_what_is_not_offered(members);
  ask.stream = members.flag("stream");
  if (const json* options = members.member("stream_options"); options != nullptr) {
    if (options->is_object()) {
      Members inner(*options);
      ask.include_usage = inner.flag("include_usage");
      if (inner.refusal()) members.refuse(inner.refusal()->status, inner.refusal()->message);
    } else {
      members.refuse(400, "stream_options must be an object");
    }
  }
  if (members.refusal()) return tl::unexpected(*members.refusal());
  return ask;
}

std::string whole_answer(const Answer& answer, const std::string& text, std::size_t tokens) {
  json body = head(answer, false);
  json choice = {{"index", 0}, {"finish_reason", "length"}};
  if (answer.chat) {
    choice["message"] = {{"role", "assistant"}, {"content", text}};
  } else {
    choice["text"] = text;
  }
  body["choices"] = json::array({choice});
  body["usage"] = usage(answer, tokens);
  return dump(body);
}

std::string answer_piece(const Answer& answer, const std::string& text, bool last) {
  json body = head(answer, true);
  json choice = {{"index", 0}, {"finish_reason", last ? json("length") : json()}};
  if (answer.chat) {
    choice["delta"] = text.empty() ? json::object() : json{{"content", text}};
  } else {
    choice["text"] = text;
  }
  body["choices"] = json::array({choice});
  return dump(body);
}

std::string usage_piece(const Answer& answer, std::size_t tokens) {
  json body = head(answer, true);
  body["choices"] = json::array();
  body["usage"] = usage(answer, tokens);
  return dump(body);
}

std::string error_body(unsigned status, const std::string& message) {
  const char* type = status >= 500 ? "server_error" : "invalid_request_error";
  return dump({{"error", {{"message", message}, {"type", type}, {"code", status}}}});
}

std::string models_body(const std::string& model, std::int64_t created) {
  const json entry = {
      {"id", model}, {"object", "model"}, {"created", created}, {"owned_by", "nanotrain"}};
  return dump({{"object", "list"}, {"data", json::array({entry})}});
}

// A character is its first byte, which says how many follow, and those. Overlong forms and
// surrogates are left to the JSON writer, which replaces them too.
std::string Characters::add(std::uint8_t byte) {
  if (missing_ > 0 && (byte & 0xc0U) == 0x80U) {
    begun_ += static_cast<char>(byte);
    if (--missing_ > 0) return {};
    return std::exchange(begun_, {});
  }
  std::string out = rest();
  if (byte < 0x80U) return out + static_cast<char>(byte);
  if (byte >= 0xc2U && byte <= 0xf4U) {
    missing_ = byte >= 0xf0U ? 3 : byte >= 0xe0U ? 2 : 1;
    begun_ = static_cast<char>(byte);
    return out;
  }
  return out + kReplacement;
}

std::string Characters::rest() {
  missing_ = 0;
  return std::exchange(begun_, {}).empty() ? "" : kReplacement;
}

}  // namespace nano
