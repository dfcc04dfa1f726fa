#include "slurm/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "slurm/recorded_for_tests.h"

namespace granary::slurm {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using How = SubmitAnswer::How;

Submission job() {
  Submission one;
  one.name = "granary-h1-7-1";
  one.account = "root";
  one.partition = "main";
  one.nodes = {"a800-1", "a800-2"};
  one.gres = "gpu:a800:8";
  one.memory_mb = 100;
  one.minutes = 5;
  one.script = "#!/bin/bash\n:\nexit 0\n";
  return one;
}

// A folder of small programs that stand for Slurm's: each is a script for /bin/sh that a test
// writes, and notes the arguments and the environment it got.
class Programs : public testing::Test {
 protected:
  Programs() {
    std::string folder = testing::TempDir() + "granary-slurm-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~Programs() override { fs::remove_all(folder_); }

  void program(const std::string& name, const std::string& script) {
    std::ofstream(folder_ / name) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }
  CommandLine client() {
    return CommandLine({.conf = "/etc/slurm/slurm.conf",
                        .programs = folder_.string(),
                        .limit = 10s,
                        .ping_limit = 200ms,
                        .most_output = 1 << 20});
  }
  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }
  std::string here() const { return folder_.string() + "/"; }

  fs::path folder_;
};

TEST_F(Programs, RunWithAnEnvironmentOfOurOwn) {
  ::setenv("SBATCH_PARTITION", "nosuch", 1);
  program("scontrol", "env >" + here() + "environment; echo 'Slurmctld(primary) at a is UP'");
  EXPECT_TRUE(client().ping());
  ::unsetenv("SBATCH_PARTITION");
  std::stringstream lines(text("environment"));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.substr(0, 4) != "PWD=" && line[0] != '_') names.push_back(line);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("LC_ALL=C", "TZ=UTC", "SLURM_TIME_FORMAT=%s",
                                                   "PATH=/usr/bin:/bin",
                                                   "SLURM_CONF=/etc/slurm/slurm.conf"));
}

TEST_F(Programs, AreKilledWhenTheyTakeTooLong) {
  program("scontrol", "sleep 60 & echo $! >" + here() + "pid; wait");
  const auto answer = client().ping();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Error::Kind::unavailable);
  EXPECT_THAT(answer.error().what, HasSubstr("no answer within"));
}

TEST_F(Programs, AreDownWhenTheySaySo) {
  program("scontrol", "echo 'Slurmctld(primary) at localhost is DOWN'; exit 1");
  EXPECT_EQ(client().ping().error().kind, Error::Kind::unavailable);
  program("scontrol", "echo 'Slurmctld(primary) at localhost is DOWN'");
  EXPECT_EQ(client().ping().error().kind, Error::Kind::unavailable);
}

TEST_F(Programs, AreKilledWhenTheySayTooMuch) {
  program("squeue", "while :; do echo 0123456789012345678901234567890123456789; done");
  const auto answer = client().queue("root");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("more than 1048576 bytes"));
}

TEST_F(Programs, ThatDoNotExistAreAnErrorThatNamesThem) {
  const auto answer = client().queue("root");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("squeue: No such file"));
  EXPECT_EQ(client().submit(job()).how, How::misused);
}

TEST_F(Programs, ThatLeaveAChildWithTheirOutputDoNotHoldUs) {
  program("scontrol", "sleep 5 & echo 'Slurmctld(primary) at a is UP'");
  EXPECT_TRUE(client().ping());
}

TEST_F(Programs, GetTheScriptOnTheirInputAndOptionsInOneWordEach) {
  program("sbatch", "for a; do echo \"$a\"; done >" + here() + "arguments; cat >" + here() +
                        "script; echo '17;east'");
  const SubmitAnswer answer = client().submit(job());
  EXPECT_EQ(answer.how, How::acknowledged);
  EXPECT_EQ(answer.id, 17u);
  EXPECT_EQ(text("script"), job().script);
  const std::string arguments = text("arguments");
  for (const char* each :
       {"--parsable\n", "--job-name=granary-h1-7-1\n", "--comment=granary-h1-7-1\n",
        "--account=root\n", "--partition=main\n", "--nodes=2\n", "--nodelist=a800-1,a800-2\n",
        "--gres=gpu:a800:8\n", "--mem=100\n", "--time=5\n", "--no-requeue\n", "--input=/dev/null\n",
        "--output=/dev/null\n", "--open-mode=append\n", "--export=ALL\n"}) {
    EXPECT_THAT(arguments, HasSubstr(each));
  }
}

TEST_F(Programs, AreNeverGivenWhatCouldMeanSomethingElse) {
  program("sbatch", "touch " + here() + "called; echo 17");
  const auto refused = [&](const std::function<void(Submission&)>& change) {
    Submission bad = job();
    change(bad);
    return client().submit(bad).how == How::misused;
  };
  EXPECT_TRUE(refused([](Submission& bad) { bad.name = "a b"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.name = std::string(64, 'a'); }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.name = "-uroot"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.nodes = {"a,b"}; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.nodes = {"n[1-9]"}; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.nodes = {}; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.account = "a;rm"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.partition = "--uid=0"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.output = "/x/%j"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.folder = "relative"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.minutes = 0; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.script = "#!/bin/bash\n#SBATCH --array=0-9\n"; }));
  EXPECT_TRUE(refused([](Submission& bad) { bad.gres = "gpu 8"; }));
  EXPECT_FALSE(client().cancel_named("x y"));
  EXPECT_FALSE(client().queue("-a"));
  EXPECT_FALSE(fs::exists(folder_ / "called"));
  EXPECT_FALSE(refused([](Submission&) {}));
}

TEST_F(Programs, SubmitsAreOnlyOverWhenTheControllerSaidSo) {
  const auto said = [](int code, std::string output, std::string errors,
                       Outcome::How how = Outcome::How::exited) {
    return read_submit({how, code, std::move(output), std::move(errors), {}});
  };
  EXPECT_EQ(said(0, "17\n", "").id, 17u);
  EXPECT_EQ(said(0, "17;east\n", "").how, How::acknowledged);
  for (const char* garbage : {"", "17 18\n", "17\n18\n", "0\n", "Submitted batch job 17\n",
                              "17;ea st\n", "99999999999\n", "-1\n"}) {
    EXPECT_EQ(said(0, garbage, "").how, How::unknown) << garbage;
    EXPECT_EQ(said(0, garbage, "").id, 0u) << garbage;
  }
  const std::string failed = "sbatch: error: Batch job submission failed: ";
  for (const char* no : {"Invalid partition name specified", "Invalid node name specified",
                         "Invalid account or account/partition combination specified",
                         "Requested node configuration is not available"}) {
    EXPECT_EQ(said(1, "", failed + no + "\n").how, How::rejected) << no;
  }
  for (const char* open :
       {"Unable to contact slurm controller (connect failure)", "Unspecified error",
        "Socket timed out on send/recv operation", "Zero Bytes were transmitted or received"}) {
    EXPECT_EQ(said(1, "", failed + open + "\n").how, How::unknown) << open;
  }
  EXPECT_EQ(said(255, "", "sbatch: unrecognized option '--x'").how, How::misused);
  EXPECT_EQ(said(9, "", "", Outcome::How::signalled).how, How::unknown);
  EXPECT_EQ(said(0, "17\n", "", Outcome::How::out_of_time).how, How::unknown);
}

TEST_F(Programs, TellWhatTheyRefuseFromASilence) {
  program("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
  EXPECT_EQ(client().queue("root").error().kind, Error::Kind::unavailable);
  program("scontrol", "echo 'Invalid job id specified' >&2; exit 1");
  EXPECT_EQ(client().job(17).error().kind, Error::Kind::failed);
  program("scontrol", "echo 'JobId=18 JobName=x'");
  EXPECT_EQ(client().job(17).error().code, 7040);
}

TEST_F(Programs, AreAskedForHistoryInUtc) {
  program("sacct", "for a; do echo \"$a\"; done >" + here() + "arguments");
  EXPECT_TRUE(client().history(Instant(1795890010s), Instant(1795890070s), "granary-h1-7-1"));
  const std::string arguments = text("arguments");
  EXPECT_THAT(arguments, HasSubstr("-S\n2026-11-28T18:20:10\n-E\n2026-11-28T18:21:10\n"));
  EXPECT_THAT(arguments, HasSubstr("--name=granary-h1-7-1\n"));
}

}  // namespace
}  // namespace granary::slurm
