#pragma once
// A site whose chips Slurm gives out: what an executor must know of it, and what is made of a
// launch for it.

#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "execute/local/attempt_files.h"
#include "slurm/client.h"

namespace granary {

struct SlurmSite {
  std::string name;   // "east"
  std::string house;  // whose jobs these are, [a-z0-9]{1,16}: two daemons may share a cluster
  std::string user;   // whose jobs squeue lists; empty: everybody's
  int cpus_per_chip = 1;
  int memory_mb_per_chip = 4'096;

  std::string hints;       // absolute, this machine's, one executor's alone; made when missing
  std::string runs;        // absolute, the same on this machine and on every node
  std::string supervisor;  // path of granary-supervise, the same everywhere
  std::vector<std::string> program_folders;  // where plain program names are looked up first

  Span stop_grace = std::chrono::seconds(10);  // at most 2 s less than the site's KillWait
  Span lease = std::chrono::seconds(60);
  Span lease_margin = std::chrono::seconds(10);  // beyond it, until an attempt counts as dead

  // Notes of Slurm 22.05: a submit that was answered is on the controller's disk after 5 s; one
  // that was not may sit in it for MessageTimeout, 10 s.
  Span durable_after = std::chrono::seconds(10), search_after = std::chrono::seconds(15),
       search_after_restart = std::chrono::seconds(30), absent_for = std::chrono::seconds(10);
  Span poll_every = std::chrono::seconds(5), poll_idle = std::chrono::seconds(10),
       poll_near_end = std::chrono::seconds(1), poll_slowest = std::chrono::seconds(60);
  Span refused_after = std::chrono::seconds(60);  // waiting for a reason that does not pass
  Span unknown_after = std::chrono::seconds(20);  // without an answer
  Span files_every = std::chrono::seconds(1), files_patience = std::chrono::seconds(5);
  int most_inside = 200;  // attempts that Slurm has at a time; the others wait here
  std::function<Instant(Instant real)> daemon_time = [](Instant real) { return real; };
};
// G7043 for a name, a path or a house that Slurm's command lines cannot carry.
Result<void> check(const SlurmSite&);

// "granary-HOUSE-JOB-ATTEMPT": the only name that is ours to give, and how a job is found again.
std::string token_of(const SlurmSite&, Id<Job>, int attempt);
// The job and attempt that a name stands for; a zero job for names of others.
std::pair<Id<Job>, int> of_token(const SlurmSite&, const std::string& name);

std::string folder_of(const SlurmSite&, Id<Job>);
std::string folder_of(const SlurmSite&, Id<Job>, int attempt);

// What a launch is for Slurm, and what its supervisor starts. Errors as program_of(), and G4042 for
// parts of chips and for nodes with unequal numbers of chips.
struct SlurmLaunch {
  slurm::Submission submission;
  Program program;
  bool several_nodes = false;
};
Result<SlurmLaunch> slurm_launch_of(const SlurmSite&, const Launch&);

// The batch script: fixed but for our own paths and numbers. Nothing of a tenant is in it.
std::string script_of(const SlurmSite&, const std::string& folder, Span stop_grace);

}  // namespace granary
