// The program granaryd itself: what it refuses it refuses before it has touched anything.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "apps/cli.h"
#include "apps/daemon_config.h"
#include "apps/demo/daemon_process.h"
#include "execute/local/files.h"
#include "units/hash.h"

namespace granary {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Granaryd : public ::testing::Test {
 protected:
  Granaryd() {
    std::string name = testing::TempDir() + "granary-daemon-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    const char* const bin = std::getenv("GRANARY_BIN");
    program_ = fs::path(bin == nullptr ? "bin" : bin) / "granaryd";
    for (const char* site : {"here/a.toml", "there/a.toml"}) {
      fs::create_directories((folder_ / site).parent_path());
      std::ofstream(folder_ / site) << "id = \"a\"\nname = \"A\"\nrunner = \"simulated\"\n"
                                       "asset = \"CNY\"\nstanding = \"assumed\"\n"
                                       "source = \"granary-example\"\n[[pools]]\nchip = \"cpu\"\n"
                                       "nodes = 1\nchips_per_node = 4\n"
                                       "price = \"1.00 CNY per chip-hour\"\nreplaceable = true\n";
    }
    std::ofstream(folder_ / "wrong.toml") << "polcy = \"fifo\"\n";
  }
  ~Granaryd() override { fs::remove_all(folder_); }

  fs::path data() const { return folder_ / "data"; }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  Result<std::unique_ptr<DaemonProcess>> start() {
    fs::create_directories(data());
    return DaemonProcess::start({program_, data(), 60, "2026-11-21T00:00:00Z"});
  }

  // Runs it with these flags, which hold no spaces; the exit status. What it said goes to `said`.
  int run(const std::string& flags, std::string& said) {
    std::vector<std::string> words{program_.string(), "--data", data().string()};
    std::istringstream in(flags);
    for (std::string word; in >> word;) words.push_back(word);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, file("log").c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0) << argv[0];
    ::posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    ::waitpid(pid, &status, 0);
    said = text_of(file("log"));
    return WEXITSTATUS(status);
  }

  // Every file of the data folder with its checksum, but for the log that a running one writes.
  std::map<std::string, std::string> checksums() const {
    std::map<std::string, std::string> sums;
    if (!fs::exists(data())) return sums;
    for (const auto& entry : fs::recursive_directory_iterator(data())) {
      const std::string name = fs::relative(entry.path(), data()).string();
      if (name == "granaryd.log") continue;
      sums[name] = entry.is_regular_file() ? to_text(sha256(text_of(entry.path()))) : "a folder";
    }
    return sums;
  }

  // Wrong flags, and a word of what is said of each.
  std::map<std::string, std::string> wrong_flags(const std::string& taken) const {
    return {
        {"--policy fivo", "G2003"},
        {"--listen here", "G1046"},
        {"--listen 10.1.2.3:0", "G7026"},
        {"--listen " + taken, "G7026"},
        {"--listen 127.0.0.1:0 --start-at yesterday", "G1012"},
        {"--listen 127.0.0.1:0 --stock /no/such/stock", "G7024"},
        {"--listen 127.0.0.1:0 --stock " + file("wrong.toml"), "G10"},
        {"--listen 127.0.0.1:0 --slurm east", "G1133"},
        {"--listen 127.0.0.1:0 --slurm east=/no/such/slurm.conf", "G1133"},
        {"--listen 127.0.0.1:0 --config " + file("wrong.toml"), "G1047"},
        {"--listen 127.0.0.1:0 --stock " + file("here/a.toml") + " --stock " + file("there/a.toml"),
         "G1065"}};
  }

  fs::path folder_, program_;
};

TEST_F(Granaryd, WithAWrongFlagLeavesEveryByteOfItsFolderAsItWas) {
  const Descriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(other.number(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(other.number(), 1);
  ::getsockname(other.number(), reinterpret_cast<sockaddr*>(&address), &size);
  const std::string taken = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  std::string said;
  for (const auto& [flags, word] : wrong_flags(taken)) {
    EXPECT_NE(run(flags, said), 0) << flags;
    EXPECT_NE(said.find(word), std::string::npos) << flags << " said " << said;
    EXPECT_FALSE(fs::exists(data() / "granary.db")) << flags << " made a journal";
  }
  EXPECT_TRUE(checksums().empty());
  fs::remove_all(data());
  {
    auto once = start();
    ASSERT_TRUE(once) << once.error().what;
  }
  const auto before = checksums();
  ASSERT_EQ(before.count("granary.db"), 1u);
  for (const auto& [flags, word] : wrong_flags(taken)) {
    EXPECT_NE(run(flags, said), 0) << flags;
    EXPECT_NE(said.find(word), std::string::npos) << flags << " said " << said;
    EXPECT_EQ(checksums(), before) << flags;
  }
}

TEST_F(Granaryd, LeavesAJournalThatAnAuditorReadsWithoutIt) {
  {
    auto once = start();
    ASSERT_TRUE(once) << once.error().what;
  }
  const auto audited = [&](const fs::path& path, std::string& said) {
    std::istringstream in;
    std::ostringstream out;
    CliContext context{in, out, out};
    const int status = run_cli({"voucher", "verify", "--journal", path.string()}, context);
    said = out.str();
    return status;
  };
  std::string said, bytes = text_of(data() / "granary.db");
  EXPECT_EQ(audited(data() / "granary.db", said), 0) << said;
  EXPECT_NE(said.find("0 open holds"), std::string::npos) << said;
  const std::size_t text = bytes.find("\"policy\":\"backfill\"");
  ASSERT_NE(text, std::string::npos);
  bytes[text + 12] ^= 1;
  std::ofstream(folder_ / "copy.db", std::ios::binary) << bytes;
  EXPECT_NE(audited(folder_ / "copy.db", said), 0);
  EXPECT_NE(said.find("error G9002: entry 1 was altered"), std::string::npos) << said;
  EXPECT_NE(audited(folder_ / "none.db", said), 0);
  EXPECT_NE(said.find("error G2012: There is no file"), std::string::npos) << said;
}

TEST_F(Granaryd, TakesSeveralStocksAndRefusesTwoThatWouldReplaceEachOther) {
  std::string said, site = text_of(folder_ / "there/a.toml");
  site.replace(site.find("\"a\""), 3, "\"b\"");
  std::ofstream(folder_ / "b.toml") << site;
  EXPECT_EQ(
      run("--check-config --stock " + file("here/a.toml") + " --stock " + file("b.toml"), said), 0)
      << said;
  EXPECT_NE(said.find(" 2 pools"), std::string::npos) << said;
  const auto clash = read_documents({file("here/a.toml"), file("there/a.toml")});
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error().code, 1065);
  for (const char* named : {"here/a.toml", "there/a.toml"}) {
    EXPECT_NE(clash.error().what.find(file(named)), std::string::npos) << clash.error().what;
  }
}

}  // namespace
}  // namespace granary
