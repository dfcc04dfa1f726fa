#pragma once
// What granaryd is told when it starts: flags and files, made into documents, places and a clock.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/state.h"
#include "serve/clock.h"

namespace granary {

struct DaemonConfig {
  std::string data;                       // folder; empty: default_data_folder()
  std::string listen = "127.0.0.1:7420";  // port 0: any free one
  std::vector<std::string> stocks;        // folders and files; none: what is built in
  std::string policy = "backfill";
  std::string start_at;               // RFC 3339; empty: now
  double time_factor = 0;             // 0: as before, at first 1
  std::vector<std::string> programs;  // folders where recipes' programs are found
  std::vector<std::string> slurm;     // SITE=FILE: the slurm.conf of a site
  std::string slurm_shared;           // folder that the nodes see too; empty: DATA/slurm
  bool check_config = false, check_journal = false;
};

// $XDG_DATA_HOME/granary, or ~/.local/share/granary.
std::string default_data_folder();

// The slurm.conf of each site that --slurm names. G1133.
Result<std::map<std::string, std::string>> slurm_files(const DaemonConfig&);

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};
// "127.0.0.1:7420", "[::1]:0". G1046.
Result<Listen> parse_listen(const std::string&);

// The built-in documents with those of `stocks` in place of their namesakes. A folder has the
// sub-folders sites, programmes, chips, models, sources; where one has sites/ none of the built-in
// sites stay, likewise programmes. A file is one site, and none of the built-in ones stay. G7024
// when one cannot be read, G1065 when two have a document of the same name.
Result<std::vector<Document>> read_documents(const std::vector<std::string>& stocks);

// What can be known to be wrong before the data folder is touched: the address, the stock, the
// policy, the start of time. The documents, and what they make.
struct CheckedConfig {
  Listen listen;
  std::vector<Document> documents;
  Configuration made;
};
Result<CheckedConfig> check(const DaemonConfig&);

// Everything as a command; its texts are left out where the state has them.
Configure configure_command(const std::vector<Document>&, const std::string& policy);

// The clock of a data folder. Its epoch is kept in DATA/clock.json from the first start on, so that
// virtual time goes on after a restart; another factor goes on from the time reached.
Result<ScaledClock> open_clock(const std::string& data, const DaemonConfig&);

}  // namespace granary
