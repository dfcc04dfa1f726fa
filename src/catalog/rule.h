#pragma once
// Export rule sets as dated data: data/rules/*.toml. What follows from one for a chip is in
// catalog/rules.h.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/facts.h"
#include "units/time.h"

namespace granary {

// What a rule set asks of one packaged integrated circuit (IC).
enum class Measure {
  tpp,      // total processing performance: the most of dense TOPS x bits of the operands
  density,  // tpp / mm2 of its logic dies of a non-planar process
  io,       // GB/s to other ICs, both directions added, memory left out
  dram      // GB/s of its memory
};

struct Bounds {  // at_least <= x < below
  std::optional<double> at_least, below;
};

// Met when every bound is; a chip is caught when one of the tests is met, the first of them named.
struct RuleTest {
  std::string name;              // "3A090.a.1"
  bool datacentre_only = false;  // of chips designed or marketed for datacentres
  std::map<Measure, Bounds> bounds;
};

struct Rule {
  enum class Kind {
    arithmetic,  // tests over figures
    list,        // named chips: a letter, guidance
    memory,      // about memory sold as such: never about an accelerator that contains it
    review       // how an application is looked at for what `after` controls
  };

  std::string id;    // "us-2023-10"
  std::string name;  // "Advanced computing rule of October 2023"
  std::string citation;
  Kind kind = Kind::arithmetic;
  Instant effective{};
  std::optional<Instant> until;  // replaced from then on
  std::vector<RuleTest> tests;
  std::vector<std::string> chips;  // of a list: ids
  std::string after;               // of a review: the rule set that controls
  std::string from_country;        // of a review: it concerns exports of that country's vendors
  double similar_dram = 0;     // of a list: GB/s from which its words reach other chips; 0: none
  std::string not_datacentre;  // what else is said of chips caught that are not for datacentres
  std::string note;
  Standing standing = Standing::declared;
  std::string source;
};

std::string to_text(Measure);
std::string to_text(Rule::Kind);

}  // namespace granary
