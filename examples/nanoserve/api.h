#pragma once
// The bodies of the OpenAI-compatible API: text to values and back. A token is a byte.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace nano {

inline constexpr std::size_t kMostTokens = 512;

// A completion that a client asks for. A chat becomes a prompt of lines "role: content" that ends
// in "assistant:".
struct Ask {
  bool chat = false;
  bool stream = false;
  bool include_usage = false;  // of a stream: its last event counts the tokens
  std::string prompt;
  std::size_t max_tokens = 16;
  double temperature = 1.0;
  std::optional<std::uint64_t> seed;
};

// What a client did wrong: the HTTP status and one sentence.
struct Refusal {
  unsigned status = 400;
  std::string message;
};

// 400 for what is malformed, out of range or not offered (n above 1, stop, logprobs); 404 for
// another model than `model`.
tl::expected<Ask, Refusal> parse_ask(bool chat, std::string_view body, const std::string& model);

// What all bodies of one answer share.
struct Answer {
  std::string id;
  std::string model;
  std::int64_t created = 0;  // seconds since 1970
  bool chat = false;
  std::size_t prompt_tokens = 0;
};
std::string whole_answer(const Answer&, const std::string& text, std::size_t tokens);
// One event of a stream, without "data: "; the last one has the reason why it ends.
std::string answer_piece(const Answer&, const std::string& text, bool last);
std::string usage_piece(const Answer&, std::size_t tokens);

std::string error_body(unsigned status, const std::string& message);
std::string models_body(const std::string& model, std::int64_t created);

// Bytes to text: what is not UTF-8 becomes U+FFFD, and a character is given out when it is whole.
class Characters {
 public:
  std::string add(std::uint8_t byte);
  std::string rest();  // what was begun and never finished

 private:
  std::string begun_;
  std::size_t missing_ = 0;
};

}  // namespace nano
