#include "execute/local/supervise.h"

#include <fcntl.h>
#include <signal.h>

#include "execute/local/local_fixture.h"

namespace granary {
namespace {

class ASupervisor : public LocalFixture {
 protected:
  Descriptor open_attempt(Id<Job> job) const { return open_folder(attempt(job).string()); }
  void kill_supervisor(Id<Job> job) {
    const Descriptor folder = open_attempt(job);
    const auto supervisor = read_supervisor(folder.number());
    ASSERT_TRUE(supervisor);
    ASSERT_TRUE(send_signal(supervisor->pid, supervisor->start_ticks, SIGKILL));
  }
};

TEST_F(ASupervisor, ThatIsKilledTakesItsProgramAlongAndTheAttemptIsLostAndNotRunAgain) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(shell(
      1,
      "sh -c 'echo $$ > \"$OUT.child\"; while :; do sleep 1; done' & echo ran >> \"$OUT\"; wait")));
  ASSERT_TRUE(eventually([&] {
    return text_of(folder_ / "out") == "ran\n" && text_of(folder_ / "out.child").ends_with("\n");
  }));
  const auto program = read_program(open_attempt({1}).number());
  ASSERT_TRUE(program);
  kill_supervisor({1});
  const auto lost = first<WorkerLost>(executor, {1});
  EXPECT_EQ(lost.why, "supervisor died");
  EXPECT_FALSE(is_alive(program->pid, program->start_ticks));
  const auto child = find_process(std::stoi(text_of(folder_ / "out.child")));
  EXPECT_TRUE(!child || child->dead) << "nor does what the program started live on";
  EXPECT_EQ(text_of(folder_ / "out"), "ran\n");
  EXPECT_EQ(executor.counts().supervisors_again, 1u);
}

TEST_F(ASupervisor, LaunchesNothingWhereAnotherMayHaveDoneSo) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.stop({1}, 1));  // makes the folder
  std::ofstream(attempt({1}) / "started") << boot_id();
  std::filesystem::remove(attempt({1}) / "stop");
  ASSERT_TRUE(executor.launch(shell(1, "echo ran >> \"$OUT\"")));
  EXPECT_EQ(first<WorkerLost>(executor, {1}).why, "supervisor died");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(ASupervisor, OfAnEarlierBootLeavesNothingToBeKilled) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.stop({1}, 1));
  const auto self = find_process(::getpid());
  std::ofstream(attempt({1}) / "started") << "another boot";
  std::ofstream(attempt({1}) / "pid") << self->pid;
  std::ofstream(attempt({1}) / "start_ticks") << self->start_ticks;
  ASSERT_TRUE(executor.launch(shell(1, "true")));
  EXPECT_EQ(first<WorkerLost>(executor, {1}).why, "the machine was started anew");
}

TEST_F(ASupervisor, KillsNoStrangerWhoHasThePidByNow) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.stop({1}, 1));
  const auto self = find_process(::getpid());
  std::ofstream(attempt({1}) / "started") << boot_id();
  std::ofstream(attempt({1}) / "pid") << self->pid;
  std::ofstream(attempt({1}) / "start_ticks") << self->start_ticks + 1;
  ASSERT_TRUE(executor.launch(shell(1, "true")));
  EXPECT_EQ(first<WorkerLost>(executor, {1}).why, "supervisor died");
}

TEST_F(ASupervisor, LetsOnlyOneHaveAnAttempt) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.stop({1}, 1));
  const Descriptor lock(
      ::open((attempt({1}) / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(*take_lock(lock.number()));
  const Supervision how{.folder = attempt({1})};
  EXPECT_FALSE(*become_supervisor(how));
  EXPECT_TRUE(is_locked(open_attempt({1}).number(), "lock"));
}

TEST_F(ASupervisor, WithADamagedLaunchFileReportsALoss) {
  std::filesystem::create_directories(attempt({1}));
  std::ofstream(attempt({1}) / "launch.json") << "{\"argv\":";
  launched_.push_back({1});
  LocalExecutor executor(settings_);
  EXPECT_EQ(first<WorkerLost>(executor, {1}).why, "launch.json is damaged.");
}

TEST_F(ASupervisor, LeavesTheProgramNoDescriptorButTheThreeStandardOnes) {
  const Descriptor inherited(::open("/dev/null", O_RDONLY));  // of the daemon, not closed on exec
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(shell(1, "echo /proc/self/fd/* > \"$OUT\"; ulimit -c >> \"$OUT\"")));
  first<WorkerFinished>(executor, {1});
  std::string said = text_of(folder_ / "out");
  for (const std::string own : {"/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"}) {
    EXPECT_NE(said.find(own), std::string::npos) << said;
  }
  EXPECT_EQ(said.find("/proc/self/fd/4"), std::string::npos) << said;  // 3 may be the shell's own
  EXPECT_TRUE(said.ends_with("\n0\n")) << "no core files: " << said;
}

TEST_F(ASupervisor, IsInNoSessionOfTheDaemonNorIsItsProgram) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(shell(1, "echo ran > \"$OUT\"; while :; do sleep 1; done")));
  ASSERT_TRUE(eventually([&] { return text_of(folder_ / "out") == "ran\n"; }));
  const Descriptor folder = open_attempt({1});
  const auto supervisor = find_process(read_supervisor(folder.number())->pid);
  const auto program = find_process(read_program(folder.number())->pid);
  ASSERT_TRUE(supervisor && program);
  EXPECT_NE(supervisor->session, ::getsid(0));
  EXPECT_NE(supervisor->parent, ::getpid()) << "the daemon has no children to wait for";
  EXPECT_EQ(program->session, program->pid);
  EXPECT_EQ(program->parent, supervisor->pid);
}

}  // namespace
}  // namespace granary
