#include "execute/local/lease.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "execute/local/local_fixture.h"

namespace granary {
namespace {

class ALease : public LocalFixture {
 protected:
  // An attempt's folder with a program in it, and the supervisor that a batch system would start.
  pid_t start(const std::string& script, const std::string& lease) {
    launch_ = shell(1, script);
    launched_.clear();  // nothing of it is a LocalExecutor's
    path_ = (folder_ / "runs/j-1/1").string();
    std::filesystem::create_directories(path_ + "/work");
    Program program;
    program.path = "/bin/sh";
    program.argv = launch_.recipe.argv;
    program.environment["OUT"] = folder_ / "out";
    program.folder = path_ + "/work";
    const Descriptor folder = open_folder(path_);
    EXPECT_TRUE(write_file(folder.number(), "launch.json", encode(program), Writing::replace));
    const pid_t child = ::fork();
    if (child == 0) {
      std::string grace = "GRANARY_STOP_GRACE_MS=200", time = "GRANARY_LEASE_MS=" + lease,
                  chips = "CUDA_VISIBLE_DEVICES=4,5", stay = "--stay";
      std::array<char*, 4> argv{settings_.supervisor.data(), stay.data(), path_.data(), nullptr};
      std::array<char*, 4> environment{grace.data(), time.data(), chips.data(), nullptr};
      ::execve(settings_.supervisor.c_str(), argv.data(), environment.data());
      ::_exit(99);
    }
    return child;
  }
  static int status(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  bool is_there(const std::string& name) const {
    return std::filesystem::exists(path_ + "/" + name);
  }
  void revoke() {
    const Descriptor folder = open_folder(path_);
    EXPECT_TRUE(write_file(folder.number(), "revoked", "", Writing::replace));
  }

  Launch launch_;
  std::string path_;
};

TEST_F(ALease, IsRenewedWhileTheProgramRunsAndItsStatusIsTheProgramsOwn) {
  const pid_t child = start(
      "echo $CUDA_VISIBLE_DEVICES $GRANARY_VISIBLE_CHIPS > \"$OUT\"; "
      "while [ ! -e ../go ]; do sleep 0.01; done; exit 7",
      "400");
  ASSERT_TRUE(eventually([&] { return is_there("lease"); }));
  const std::string first = text_of(path_ + "/lease");
  EXPECT_TRUE(eventually([&] { return text_of(path_ + "/lease") > first; }));
  std::ofstream(path_ + "/go");
  EXPECT_EQ(status(child), 7);
  EXPECT_EQ(text_of(folder_ / "out"), "4,5 4,5\n");
  EXPECT_EQ(read_exit(open_folder(path_).number())->exit_code, 7);
}

TEST_F(ALease, ThatIsRevokedBeforeTheStartStartsNothing) {
  std::filesystem::create_directories(folder_ / "runs/j-1/1");
  path_ = (folder_ / "runs/j-1/1").string();
  revoke();
  const pid_t child = start("echo ran > \"$OUT\"", "60000");
  EXPECT_EQ(status(child), superseded_status);
  EXPECT_TRUE(is_there("lease")) << "whoever revoked it sees that somebody was here";
  EXPECT_FALSE(is_there("started"));
  EXPECT_EQ(text_of(folder_ / "out"), "");
}

TEST_F(ALease, ThatIsRevokedEndsTheProgram) {
  const pid_t child = start("trap '' TERM; while :; do sleep 0.05; done", "800");
  ASSERT_TRUE(eventually([&] { return is_there("pid"); }));
  revoke();
  EXPECT_EQ(status(child), superseded_status);
  EXPECT_EQ(read_exit(open_folder(path_).number())->lost, superseded);
}

TEST_F(ALease, ThatCannotBeRenewedEndsTheProgramWithinItsTime) {
  const pid_t child = start("trap '' TERM; while :; do sleep 0.05; done", "800");
  ASSERT_TRUE(eventually([&] { return is_there("pid"); }));
  // A folder in its place cannot be written to, by root neither.
  std::filesystem::remove(path_ + "/lease");
  std::filesystem::create_directory(path_ + "/lease");
  EXPECT_EQ(status(child), superseded_status);
}

TEST_F(ALease, IsOfOneSupervisorOnly) {
  const pid_t first = start("while [ ! -e ../go ]; do sleep 0.01; done", "60000");
  ASSERT_TRUE(eventually([&] { return is_there("pid"); }));
  EXPECT_EQ(status(start("while [ ! -e ../go ]; do sleep 0.01; done", "60000")), 76);
  std::ofstream(path_ + "/go");
  EXPECT_EQ(status(first), 0);
}

}  // namespace
}  // namespace granary
