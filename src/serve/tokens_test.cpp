#include "serve/tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "serve/token_file.h"

namespace granary {
namespace {

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() {
    std::string name = (std::filesystem::temp_directory_path() / "granary-serve-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~TokensTest() override { std::filesystem::remove_all(folder); }
  std::string path() const { return folder + "/tokens.json"; }
  TokenList open() const {
    auto tokens = TokenList::open(path());
    EXPECT_TRUE(tokens) << (tokens ? "" : tokens.error().what);
    return std::move(*tokens);
  }

  std::string folder;
};

TEST_F(TokensTest, ATokenNamesItsActorAlsoAfterARestart) {
  TokenList tokens = open();
  const auto ops = tokens.create("ops"), lab = tokens.create("lab");
  ASSERT_TRUE(ops && lab);
  EXPECT_EQ(tokens.check(*ops), "ops");
  EXPECT_EQ(open().check(*lab), "lab");
}

TEST_F(TokensTest, ATokenWithOneOtherLetterNamesNobody) {
  TokenList tokens = open();
  const auto made = tokens.create("ops");
  ASSERT_TRUE(made);
  for (std::size_t i = 0; i < made->size(); ++i) {
    std::string other = *made;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.check(other)) << "letter " << i;
  }
  for (const std::string bad : {"", "gr_", "gr__", "Bearer", "gr_00_00"}) {
    EXPECT_FALSE(tokens.check(bad)) << bad;
  }
}

TEST_F(TokensTest, TheFileHoldsNoTokenAndOnlyItsOwnerReadsIt) {
  TokenList tokens = open();
  const auto made = tokens.create("ops");
  ASSERT_TRUE(made);
  const auto text = read_private(path());
  ASSERT_TRUE(text && *text);
  EXPECT_EQ((*text)->find(made->substr(16)), std::string::npos);
  struct stat about {};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(TokensTest, AFileThatOthersMayReadIsRefused) {
  open();
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  const auto tokens = TokenList::open(path());
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, 7020);
}

TEST_F(TokensTest, AFileOfSomethingElseIsRefused) {
  for (const char* text : {"", "{", "[]", "{\"schema\":\"granary.tokens/1\"}",
                           "{\"schema\":\"granary.tokens/1\",\"key\":\"00\",\"tokens\":[]}"}) {
    ASSERT_TRUE(write_private(path(), text));
    const auto tokens = TokenList::open(path());
    ASSERT_FALSE(tokens) << text;
    EXPECT_EQ(tokens.error().code, 8002);
  }
}

TEST_F(TokensTest, ALinkIsNotFollowed) {
  ASSERT_TRUE(write_private(folder + "/elsewhere", "x"));
  ASSERT_EQ(::symlink((folder + "/elsewhere").c_str(), path().c_str()), 0);
  EXPECT_FALSE(read_private(path()));
}

}  // namespace
}  // namespace granary
