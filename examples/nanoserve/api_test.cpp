#include "nanoserve/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nano {
namespace {

using testing::HasSubstr;

std::string text_of(const std::string& bytes) {
  Characters characters;
  std::string text;
  for (const char byte : bytes) text += characters.add(static_cast<std::uint8_t>(byte));
  return text + characters.rest();
}

TEST(Characters, GiveOutWholeCharactersAndReplaceWhatIsNone) {
  EXPECT_EQ(text_of("grain"), "grain");
  EXPECT_EQ(text_of("\xe8\xb0\xb7"), "\xe8\xb0\xb7");
  EXPECT_EQ(text_of("\xe8\xb0-\xff\xc3"), "\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd");
  Characters characters;
  EXPECT_EQ(characters.add(0xc3), "");
  EXPECT_EQ(characters.add(0xa9), "\xc3\xa9");
}

TEST(Ask, ReadsWhatItIsGivenAndDefaultsTheRest) {
  const auto ask = parse_ask(false, R"({"prompt":"a","max_tokens":5,"temperature":0.5,"seed":7,
      "stream":true,"stream_options":{"include_usage":true},"top_p":1})",
                             "nano");
  ASSERT_TRUE(ask) << ask.error().message;
  EXPECT_EQ(ask->prompt, "a");
  EXPECT_EQ(ask->max_tokens, 5U);
  EXPECT_EQ(ask->temperature, 0.5);
  EXPECT_EQ(ask->seed, 7U);
  EXPECT_TRUE(ask->stream && ask->include_usage && !ask->chat);
  const auto least = parse_ask(false, R"({"prompt":"","model":"nano","seed":null})", "nano");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->max_tokens, 16U);
  EXPECT_FALSE(least->seed || least->stream);
}

TEST(Ask, AChatIsAPromptThatEndsWhereTheAssistantSpeaks) {
  const auto ask = parse_ask(
      true, R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}]})",
      "nano");
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->prompt, "system: s\nuser: u\nassistant:");
}

TEST(Ask, RefusesWhatIsMalformedOutOfRangeOrNotOffered) {
  const auto status = [](bool chat, const char* body) {
    const auto ask = parse_ask(chat, body, "nano");
    return ask ? 200U : ask.error().status;
  };
  for (const char* body :
       {"", "{", "[]", "7", R"({"prompt":1})", R"({})", R"({"prompt":"a","max_tokens":0})",
        R"({"prompt":"a","max_tokens":513})", R"({"prompt":"a","max_tokens":-1})",
        R"({"prompt":"a","max_tokens":1.5})", R"({"prompt":"a","temperature":3})",
        R"({"prompt":"a","temperature":"hot"})", R"({"prompt":"a","seed":-1})",
        R"({"prompt":"a","n":2})", R"({"prompt":"a","stop":"x"})", R"({"prompt":"a","stream":1})",
        R"({"prompt":"a","stream_options":[]})", "{\"prompt\":\"\xff\"}"}) {
    EXPECT_EQ(status(false, body), 400U) << body;
  }
  EXPECT_EQ(status(false, R"({"prompt":"a","model":"other"})"), 404U);
  EXPECT_EQ(status(true, R"({"prompt":"a"})"), 400U);
  EXPECT_EQ(status(true, R"({"messages":[]})"), 400U);
  EXPECT_EQ(status(true, R"({"messages":[{"role":"user"}]})"), 400U);
  EXPECT_EQ(status(true, R"({"messages":["hello"]})"), 400U);
}

TEST(Answer, TextThatIsNotUtf8StillMakesJson) {
  EXPECT_THAT(whole_answer({.id = "c", .model = "nano"}, "\xed\xa0\x80", 3), HasSubstr("\"text\""));
  EXPECT_THAT(error_body(400, "\xff"), HasSubstr("\"error\""));
}

}  // namespace
}  // namespace nano
