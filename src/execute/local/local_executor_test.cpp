#include "execute/local/local_executor.h"

#include <signal.h>
#include <sys/stat.h>

#include <map>

#include "execute/local/local_fixture.h"

namespace granary {
namespace {

using ALocalRun = LocalFixture;

TEST_F(ALocalRun, IsStartedOnceHoweverOftenAndByHowManyItIsAskedFor) {
  const Launch launch = shell(1, "echo ran >> \"$OUT\"");
  std::vector<std::thread> askers;
  std::atomic<int> refusals{0};
  for (int i = 0; i < 10; ++i) {
    askers.emplace_back([&] {
      LocalExecutor executor(settings_);
      if (!executor.launch(launch)) ++refusals;
      if (!executor.launch(launch)) ++refusals;
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(refusals, 0);
  LocalExecutor executor(settings_);
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_code, 0);
  ASSERT_TRUE(executor.launch(launch));  // and not again when it is over
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_code, 0);
  EXPECT_EQ(text_of(folder_ / "out"), "ran\n");
}

TEST_F(ALocalRun, TellsTheProgramItsLayoutChipsAndFoldersAndNothingElse) {
  Launch launch = shell(12, "env > \"$OUT\"; pwd >> \"$OUT\"");
  launch.attempt = 1;
  launch.held = {{"n1", {Id<Node>{1}, 2, 500}}, {"n1", {Id<Node>{1}, 3, 500}}};
  launch.wanted = {2, 2, 500};
  launch.layout = {.data = 1, .tensor = 2, .pipeline = 3, .micro_batch = 4};
  launch.layout.weights = WeightFormat::int8;
  launch.layout.interleave = 2;
  launch.layout.sequence_parallel = true;
  launch.layout.recompute = Recompute::full;
  launch.layout.sharding = Sharding::parameters;
  launch.resume = "step-7";
  launch.service = true;
  launch.recipe.data = "/data/pile";
  launch.recipe.checkpoint_every = std::chrono::milliseconds(1500);
  launch.recipe.environment["SEED"] = "a b\nc";
  ::setenv("GRANARY_SECRET_OF_THE_DAEMON", "x", 1);
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch));
  first<WorkerFinished>(executor, {12});
  const std::string said = "\n" + text_of(folder_ / "out");
  const std::string here = attempt({12});
  for (const std::string line : {"GRANARY_JOB=j-12",
                                 "GRANARY_ATTEMPT=1",
                                 "GRANARY_POOL=local/cpu",
                                 "GRANARY_NODES=n1",
                                 "GRANARY_VISIBLE_CHIPS=2,3",
                                 "CUDA_VISIBLE_DEVICES=2,3",
                                 "GRANARY_CHIPS=2",
                                 "GRANARY_SHARE=500",
                                 "GRANARY_DATA_PARALLEL=1",
                                 "GRANARY_TENSOR_PARALLEL=2",
                                 "GRANARY_PIPELINE_PARALLEL=3",
                                 "GRANARY_MICRO_BATCH=4",
                                 "GRANARY_CONTEXT_PARALLEL=1",
                                 "GRANARY_EXPERT_PARALLEL=1",
                                 "GRANARY_INTERLEAVE=2",
                                 "GRANARY_SEQUENCE_PARALLEL=1",
                                 "GRANARY_RECOMPUTE=recompute",
                                 "GRANARY_SHARDING=zero3",
                                 "GRANARY_PRECISION=bf16",
                                 "GRANARY_WEIGHTS=int8",
                                 "GRANARY_RANK=0",
                                 "GRANARY_WORLD_SIZE=1",
                                 "GRANARY_RESUME=step-7",
                                 "GRANARY_DATA=/data/pile",
                                 "GRANARY_CHECKPOINT_EVERY=1.5",
                                 "GRANARY_PORT=0",
                                 "SEED=a b\nc",
                                 "LANG=C.UTF-8",
                                 "PATH=/usr/local/bin:/usr/bin:/bin"}) {
    EXPECT_NE(said.find("\n" + line + "\n"), std::string::npos) << line << " in" << said;
  }
  EXPECT_NE(said.find("\nGRANARY_LAYOUT=" + to_text(launch.layout) + "\n"), std::string::npos);
  EXPECT_NE(said.find("\nHOME=" + here + "/work\n"), std::string::npos);
  EXPECT_NE(said.find("\nGRANARY_PROGRESS=" + here + "/progress.jsonl\n"), std::string::npos);
  EXPECT_NE(said.find("\n" + here + "/work\n"), std::string::npos) << "its working folder";
  const std::string checkpoints = folder_ / "runs" / "j-12" / "checkpoints";
  EXPECT_NE(said.find("\nGRANARY_CHECKPOINT=" + checkpoints + "\n"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_directory(checkpoints));
  EXPECT_EQ(said.find("GRANARY_SECRET_OF_THE_DAEMON"), std::string::npos);
  EXPECT_EQ(said.find("GRANARY_STOP_GRACE_MS"), std::string::npos);
}

TEST_F(ALocalRun, GivesArgumentsToTheProgramAsTheyAreWritten) {
  const std::string planted = folder_ / "planted";
  const std::vector<std::string> hostile{"$(touch " + planted + ")",
                                         "`touch " + planted + "`",
                                         "; touch " + planted,
                                         "a\nb",
                                         "",
                                         "*",
                                         "--",
                                         "\"'\\",
                                         "| cat > " + planted,
                                         "数据"};
  std::vector<std::string> argv{"/bin/sh", "-c", "printf '%s|' \"$@\" > \"$OUT\"", "sh"};
  argv.insert(argv.end(), hostile.begin(), hostile.end());
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch_of(1, argv)));
  first<WorkerFinished>(executor, {1});
  std::string expected;
  for (const std::string& argument : hostile) expected += argument + "|";
  EXPECT_EQ(text_of(folder_ / "out"), expected);
  EXPECT_FALSE(std::filesystem::exists(planted));
}

TEST_F(ALocalRun, ReportsExitCodesAndSignalsAsTheyWere) {
  LocalExecutor executor(settings_);
  // One after the other: whichever ends first is reported first, named or not.
  ASSERT_TRUE(executor.launch(shell(1, "exit 7")));
  const auto code = first<WorkerFinished>(executor, {1});
  EXPECT_EQ(code.exit_code, 7);
  EXPECT_EQ(code.exit_signal, 0);
  ASSERT_TRUE(executor.launch(shell(2, "kill -9 $$")));
  const auto signal = first<WorkerFinished>(executor, {2});
  EXPECT_EQ(signal.exit_code, 0);
  EXPECT_EQ(signal.exit_signal, SIGKILL);
  ASSERT_TRUE(executor.launch(launch_of(3, {"true"})));  // looked up in the path
  EXPECT_EQ(first<WorkerFinished>(executor, {3}).exit_code, 0);
}

TEST_F(ALocalRun, SaysThatItRunsThenHowFarItIsThenThatItEnded) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(shell(1, "echo '{\"steps\":5}' >> \"$GRANARY_PROGRESS\"")));
  const auto all = observe_until<WorkerFinished>(executor, {Id<Job>{1}, 1, 0, false});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<WorkerRunning>(all[0]));
  EXPECT_EQ(std::get<WorkerProgress>(all[1]).steps, 5);
  EXPECT_TRUE(std::holds_alternative<WorkerFinished>(all[2]));
}

TEST_F(ALocalRun, GoesOnWhileNoExecutorLivesAndIsFoundAgainByTheNext) {
  const std::string go = folder_ / "go";
  ::mkfifo(go.c_str(), 0600);
  Launch launch =
      shell(1, "echo '{\"steps\":1}' >> \"$GRANARY_PROGRESS\"; read word < \"$GO\"; exit 3");
  launch.recipe.environment["GO"] = go;
  {
    LocalExecutor old(settings_);
    ASSERT_TRUE(old.launch(launch));
    EXPECT_EQ(first<WorkerProgress>(old, {1}).steps, 1);
  }
  LocalExecutor next(settings_);
  ASSERT_TRUE(next.launch(launch));  // a restarted daemon asks again
  const auto seen = next.observe({});
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 2u) << "running, and its progress, though nobody named it";
  EXPECT_EQ(next.observe({})->size(), 0u) << "and that only once";
  std::ofstream(go) << "on\n";
  EXPECT_EQ(first<WorkerFinished>(next, {1}, 1).exit_code, 3);
}

TEST_F(ALocalRun, ThatIgnoresBeingAskedIsKilledAfterTheGraceWithAllItsChildren) {
  Launch launch = shell(
      1,
      "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ > \"$OUT\"; while :; do sleep 1; done' &"
      " while :; do sleep 1; done");
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch));
  ASSERT_TRUE(eventually([&] { return text_of(folder_ / "out").ends_with("\n"); }));
  ASSERT_TRUE(executor.stop({1}, 1));
  ASSERT_TRUE(executor.stop({1}, 1));
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_signal, SIGKILL);
  const auto child = find_process(std::stoi(text_of(folder_ / "out")));
  EXPECT_TRUE(!child || child->dead) << "even one in a session of its own";
}

TEST_F(ALocalRun, ThatEndsWellWhenAskedIsReportedAsItEnded) {
  LocalExecutor executor(settings_);
  settings_.stop_grace = std::chrono::seconds(60);
  LocalExecutor patient(settings_);
  ASSERT_TRUE(patient.launch(
      shell(1, "trap 'exit 4' TERM; echo ready > \"$OUT\"; while :; do sleep 0.05; done")));
  ASSERT_TRUE(eventually([&] { return text_of(folder_ / "out") == "ready\n"; }));
  ASSERT_TRUE(patient.stop({1}, 1));
  EXPECT_EQ(first<WorkerFinished>(patient, {1}).exit_code, 4);
}

TEST_F(ALocalRun, StoppedBeforeItsLaunchIsNeverStarted) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.stop({1}, 1));
  ASSERT_TRUE(executor.launch(shell(1, "echo ran > \"$OUT\"")));
  EXPECT_EQ(first<WorkerLost>(executor, {1}).why, "stopped before it started");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(ALocalRun, ThatNobodyLaunchedIsReportedLostOnceItsLaunchCannotBeOnItsWay) {
  settings_.patience = std::chrono::hours(1);
  LocalExecutor patient(settings_);
  EXPECT_EQ(patient.observe({{Id<Job>{9}, 1, 0, true}})->size(), 0u);
  settings_.patience = Span{};
  LocalExecutor executor(settings_);
  EXPECT_EQ(first<WorkerLost>(executor, {9}).why, "never started here");
}

TEST_F(ALocalRun, WithARecipeThatCannotBeLaunchedIsRefusedAndReportedWithTheReason) {
  const std::string folder = folder_;
  std::map<std::string, Launch> refused;
  refused["names no program"] = launch_of(1, {});
  refused["neither a plain name nor absolute"] = launch_of(1, {"./train"});
  refused["there is no program \"/no/such\""] = launch_of(1, {"/no/such"});
  refused["there is no program \"no-such\""] = launch_of(1, {"no-such"});
  refused["\"" + folder + "\" is not a file that may be executed"] = launch_of(1, {folder});
  refused["zero byte"] = launch_of(1, {"true", std::string("a\0b", 3)});
  refused["not UTF-8"] = launch_of(1, {"true", "\xff"});
  for (const std::string name : {"1A", "A-B", "A=B", "", "A B", "GRANARY_RANK", "PATH"}) {
    Launch launch = shell(1, "true");
    launch.recipe.environment[name] = "x";
    const bool ours = name == "GRANARY_RANK" || name == "PATH";
    refused[ours ? "the variable " + name + " is set by" : "\"" + name + "\" is not a name"] =
        launch;
  }
  refused["checkpoint folder"] = shell(1, "true");
  refused["checkpoint folder"].recipe.checkpoint = "../else";
  refused["health path"] = shell(1, "true");
  refused["health path"].recipe.health = "/x HTTP/1.1\r\nX: y";
  refused["chips on 2 nodes of local/cpu"] = shell(1, "true");
  refused["chips on 2 nodes of local/cpu"].held.push_back({"n2", {Id<Node>{2}, 0, whole_chip}});
  for (const auto& [why, launch] : refused) {
    LocalExecutor executor(settings_);
    const auto launched = executor.launch(launch);
    ASSERT_FALSE(launched) << why;
    EXPECT_NE(launched.error().what.find(why), std::string::npos) << launched.error().what;
    EXPECT_EQ(first<LaunchRefused>(executor, {1}).why, launched.error().what);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(ALocalRun, FindsPlainNamesInTheGivenFoldersFirst) {
  const auto folder = folder_ / "programs";
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "true") << "#!/bin/sh\nexit 9\n";
  std::filesystem::permissions(folder / "true", std::filesystem::perms::owner_all);
  settings_.program_folders = {folder};
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch_of(1, {"true"})));
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_code, 9);
}

TEST_F(ALocalRun, WhoseProgramTheSystemCannotStartIsRefusedWithTheReason) {
  const auto program = folder_ / "program";
  std::ofstream(program) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(launch_of(1, {program})));
  EXPECT_EQ(first<LaunchRefused>(executor, {1}, 0, false).why,
            "j-1 cannot be launched: the system cannot start " + program.string() +
                ": No such file or directory.");
  ASSERT_TRUE(executor.launch(shell(2, "exit 127")));
  EXPECT_EQ(first<WorkerFinished>(executor, {2}).exit_code, 127) << "its own word";
}

TEST_F(ALocalRun, TellsEveryCheckpointAtOnceAndOfTheOtherLinesOneInAWhile) {
  settings_.progress_every = std::chrono::hours(1);
  LocalExecutor executor(settings_);
  const std::string progress = attempt({1}) / "progress.jsonl";
  const std::string go = folder_ / "go";
  ::mkfifo(go.c_str(), 0600);
  Launch launch = shell(1, "read word < \"$GO\"");
  launch.recipe.environment["GO"] = go;
  ASSERT_TRUE(executor.launch(launch));
  Executor::Known known{Id<Job>{1}, 1, 0, true};
  const auto told = [&](const std::string& lines) {
    std::ofstream(progress, std::ios::app) << lines;
    std::vector<std::uint64_t> numbers;
    const auto seen = executor.observe({known});
    EXPECT_TRUE(seen);
    for (const Observed& one : *seen) {
      known.line = std::get<WorkerProgress>(one.command).line;
      numbers.push_back(known.line);
    }
    return numbers;
  };
  const std::string plain = "{\"steps\":1}\n", saved = "{\"steps\":1,\"checkpoint\":\"c\"}\n";
  using Lines = std::vector<std::uint64_t>;
  EXPECT_EQ(told(plain + plain), (Lines{2})) << "the newest";
  EXPECT_EQ(told(plain), Lines{}) << "one was told a moment ago";
  EXPECT_EQ(told(saved + plain + saved + plain), (Lines{4, 6})) << "line 3 is superseded";
  EXPECT_EQ(told(plain), Lines{});
  std::ofstream(go) << "on\n";
  const auto rest = observe_until<WorkerFinished>(executor, known);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(std::get<WorkerProgress>(rest[0]).line, 8u) << "the last word is kept";
}

TEST_F(ALocalRun, ThatEndedWithMoreCheckpointsThanAreToldAtOnceIsNotOverBeforeAllAreTold) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(
      shell(1,
            "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo '{\"steps\":'$i',\"checkpoint\":"
            "\"c\"}' >> \"$GRANARY_PROGRESS\"; done")));
  ASSERT_TRUE(eventually([&] { return exists(attempt({1}) / "exit.json"); }));
  EXPECT_EQ(observe_until<WorkerFinished>(executor, {Id<Job>{1}, 1, 0, true}).size(), 201u);
}

TEST_F(ALocalRun, KeepsABoundedPartOfWhatItsProgramSays) {
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(shell(1, "head -c 70000000 /dev/zero; echo late >&2")));
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_code, 0) << "it did not have to wait";
  EXPECT_EQ(std::filesystem::file_size(attempt({1}) / "stdout"), 64u << 20);
  EXPECT_EQ(text_of(attempt({1}) / "stderr"), "late\n");
}

TEST_F(ALocalRun, DoesNotWriteThroughALinkInPlaceOfItsFolder) {
  const auto elsewhere = folder_ / "elsewhere";
  std::filesystem::create_directories(elsewhere);
  std::filesystem::create_directories(folder_ / "runs");
  std::filesystem::create_directory_symlink(elsewhere, folder_ / "runs" / "j-1");
  std::filesystem::create_directories(folder_ / "runs" / "j-2");
  std::filesystem::create_directory_symlink(elsewhere, folder_ / "runs" / "j-2" / "1");
  LocalExecutor executor(settings_);
  const Launch one = shell(1, "echo ran > \"$OUT\""), two = shell(2, "echo ran > \"$OUT\"");
  EXPECT_FALSE(executor.launch(one));
  EXPECT_FALSE(executor.launch(two));
  EXPECT_FALSE(executor.stop({1}, 1));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(ALocalRun, IsNeverAnAttemptThatHasNoNumber) {
  LocalExecutor executor(settings_);
  Launch launch = shell(0, "true");
  EXPECT_FALSE(executor.launch(launch));
  launch.job = {1};
  launch.attempt = -1;
  EXPECT_FALSE(executor.launch(launch));
  EXPECT_FALSE(executor.stop({1}, 0));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(ALocalRun, IsNotFoundInFoldersThatAreNamedOtherwise) {
  for (const std::string name : {"j-1/01", "j-01/1", "j-1/../2", "j-1/one", "x/1", "j-2/-1"}) {
    std::filesystem::create_directories(folder_ / "runs" / name);
    std::ofstream(folder_ / "runs" / name / "launch.json") << "{}";
  }
  LocalExecutor executor(settings_);
  const auto seen = executor.observe({});
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->empty());
}

TEST_F(ALocalRun, IsTimedByTheClockOfTheDaemon) {
  settings_.daemon_time = [](Instant real) { return real + std::chrono::hours(1'000'000); };
  LocalExecutor executor(settings_);
  ASSERT_TRUE(executor.launch(
      shell(1,
            "echo '{\"steps\":1,\"checkpoint\":\"c\",\"at_ms\":5}' >> \"$GRANARY_PROGRESS\";"
            "echo '{\"steps\":2,\"at_ms\":99999999999999}' >> \"$GRANARY_PROGRESS\"")));
  const Instant least = settings_.daemon_time(real_now() - std::chrono::minutes(5));
  const auto all = observe_until<WorkerFinished>(executor, {Id<Job>{1}, 1, 0, true});
  ASSERT_EQ(all.size(), 3u);
  const Instant one = std::get<WorkerProgress>(all[0]).at,
                two = std::get<WorkerProgress>(all[1]).at,
                end = std::get<WorkerFinished>(all[2]).at;
  EXPECT_LE(least, one) << "never before the launch";
  EXPECT_LE(one, two);
  EXPECT_LE(two, end) << "never after the end";
  EXPECT_LE(end, settings_.daemon_time(real_now()));
}

TEST_F(ALocalRun, ThatNoSupervisorCanTakeIsAnErrorAndStartsOnceOneCan) {
  const std::string good = std::exchange(settings_.supervisor, "/no/such/supervisor");
  const Launch launch = shell(1, "echo ran >> \"$OUT\"");
  LocalExecutor broken(settings_);
  const auto launched = broken.launch(launch);
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().code, 7022);
  settings_.supervisor = good;
  LocalExecutor executor(settings_);
  EXPECT_EQ(first<WorkerFinished>(executor, {1}).exit_code, 0);
  EXPECT_EQ(text_of(folder_ / "out"), "ran\n");
}

}  // namespace
}  // namespace granary
