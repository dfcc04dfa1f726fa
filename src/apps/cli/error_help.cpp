#include "apps/cli/error_help.h"

namespace granary::cli {
namespace {

constexpr const char* ours =
    "Nothing you did causes this. Please report it with the command and the journal's last "
    "entries.";

const std::vector<CodeHelp> input = {
    {1000, "the command line cannot be read",
     "A verb or flag is not known, or a value is missing. granary VERB --help lists what there "
     "is."},
    {1001, "a key or flag is missing or not known",
     "The message names it and the nearest known one. Keys of [work] are the flags of plan."},
    {1002, "somebody must be asked and there is no terminal",
     "Commands that spend, cancel or reserve ask first. In scripts say --yes, or look with "
     "--dry-run."},
    {1003, "a priority out of range", "Use a whole number from -100 to 100; higher goes first."},
    {1004, "far too few or too many tokens",
     "Counts carry a suffix of a power of 1000: k, M, B or T. 400B is 400 billion."},
    {1005, "a number or choice out of range", "The message says what is allowed."},
    {1006, "not a purpose", "Purposes are pretrain, finetune, serve and run."},
    {1007, "not an amount",
     "Write digits and at most six decimals, without separators or exponent: 1000.50."},
    {1008, "an amount that is not above zero",
     "A grant moves money to a tenant; it cannot be empty."},
    {1009, "a job that does not say enough",
     "It needs [work] or [run] argv with expected, and accepted chips."},
    {1010, "a file or a request for chips cannot be read",
     "The caret shows where. Chips are written CHIP x COUNT or CHIP x LEAST..MOST, with SITE/ in "
     "front if only that site will do."},
    {1011, "not an id", "Jobs are j-12, vouchers v-3, reservations r-2."},
    {1012, "not a date or time",
     "Write 2027-06-30, or RFC 3339 with an offset: 2026-12-08T06:00+08:00."},
    {1013, "not a duration", "Write a number and a unit: 30 min, 14 d, 800 ms."},
    {1014, "not a size or rate with its unit", "Write 80 GB, 24 GiB, 2 TB/s, 312 TFLOPS."},
    {1015, "not a count", "Write digits and perhaps k, M, B or T: 400B."},
    {1016, "not a rate of requests", "Write 50/s, 3000/min or 10/h."},
    {1017, "not a price or an amount with its currency",
     "Write 12.00 CNY per chip-hour, or 8000000 CNY."},
    {1018, "not a hash", "A hash is 64 hexadecimal digits."},
    {1019, "a text that is too long or not plain",
     "Names and reasons are one line; limits are in the message."},
    {1020, "a document is not TOML", "The message names file and line."},
    {1021, "a document has an unknown key", "The message lists the keys that are known there."},
    {1022, "a document lacks a key", "The message shows how to write it."},
    {1023, "a figure does not say how it is known",
     "Each figure carries a standing (declared, measured, recalled, assumed) and a source."},
    {1024, "a value in a document has the wrong unit or form", "The message shows the right form."},
    {1025, "documents describe something twice", "Keep one of the two, or give it another id."},
    {1026, "a value in a document is of the wrong type, or no known word",
     "The message says what it must be."},
    {1027, "a model's shape does not give its published parameters",
     "They may differ by 1 %, or by 10 % with a reason in the file. One of the figures is wrong."},
    {1028, "a figure of a document cannot be", "The message says which bounds it breaks."},
    {1029, "a document names a source, chip or rule set that nothing describes",
     "Correct the name, or add what it names: sources stand in sources.toml."},
    {1033, "an amount of a programme cannot be",
     "Write an amount with its currency; a programme and its issuer have one currency."},
    {1034, "two programmes have one id", "Give one of them another."},
    {1040, "a document came without the text of its hash",
     "Send the text with the first configuration that names it."},
    {1041, "a reservation of nothing, or in the past",
     "It needs at least one chip, a duration, and a start that is not past."},
    {1042, "not the address of a daemon", "Write http://127.0.0.1:7420."},
    {1043, "a request body is too large", "The message says how large it may be."},
    {1044, "a request's headers are too large", "The message says how large they may be."},
    {1045, "not an HTTP request", "granaryd speaks HTTP/1.1 without TLS on loopback."},
    {1046, "not an address to listen on", "Write 127.0.0.1:7420; port 0 takes any free one."},
    {1047, "the daemon's configuration file cannot be read",
     "Its keys are the flags without dashes: granaryd --help lists them."},
    {1048, "a limit that cannot be", "The message says how small it may be."},
    {1050, "a request body is not a JSON object", "It is UTF-8, at most 32 levels deep."},
    {1051, "a request that changes something has no Idempotency-Key",
     "Send 1 to 64 visible characters, new for each change; the same key is never done twice."},
    {1052, "a method that the resource does not have", "docs/API.md lists the routes."},
    {1060, "a job that cannot be launched",
     "The message says what of its recipe cannot be carried out. It is not tried again."},
    {1061, "a story cannot be read", "The message names file and line."},
    {1062, "a scenario cannot be read", "The message names file, line and fix."},
    {1063, "a scenario gives other figures than were recorded",
     "Compare the two reports; what the model says has changed, or the file was altered."},
    {1064, "a journal without history", "There is nothing to replay yet."},
    {1065, "two stocks of one name",
     "A document counts once. Rename one of the files, or put both into one folder."},
    {1070, "a file is too long", "Files named on the command line have at most 1 MiB."},
    {1071, "nobody is named who pays",
     "Say --payer TENANT, or payer = \"TENANT\" in the job file."},
    {1080, "a table that cannot be judged",
     "A CSV file with a header and the columns that the message names; broken rows are counted and "
     "left out, the rest still counts."},
    {1081, "not the answer of a probe",
     "tools/probe/probe.py and granary-probe-cpu write files that granary calibrate reads; the "
     "message names the line."},
    {1090, "a config.json cannot be read",
     "It is one JSON object of at most 1 MiB and 16 levels, as it lies beside a model's weights."},
    {1091, "a config.json lacks a key", "The message names it, and the names that mean the same."},
    {1092, "a value of a config.json cannot be",
     "The message names the key, the value and bounds."},
    {1093, "keys of a config.json contradict each other", "The message names both values."},
    {1094, "a config.json describes what a shape cannot say",
     "Write the model's document by hand: docs/CATALOG.md shows the keys."},
    {1095, "a config.json does not give the published parameters",
     "They may differ by 1 %; with --exception TEXT by 10 %."},
};

const std::vector<CodeHelp> names = {
    {2001, "no such model", "granary catalog models lists them."},
    {2002, "no such chip", "granary catalog chips lists them."},
    {2003, "no such policy", "The message lists those there are."},
    {2004, "no such site", "granary catalog sites lists those compiled in."},
    {2005, "no such programme", "Programmes come with the daemon's stock."},
    {2006, "no such pool", "granary stock lists the pools of the daemon: SITE/CHIP."},
    {2007, "no such reservation", "granary reserve list shows them."},
    {2008, "no such job", "granary queue --all shows those there are."},
    {2009, "no such output", "A job has output once its program has started."},
    {2010, "no such resource or program",
     "docs/API.md lists the routes; programs are found in the daemon's program folders."},
    {2011, "no such voucher", "granary voucher list shows them."},
    {2012, "no such file", "Names are taken from the folder where the command runs."},
    {2013, "no such option in the menu", "Options are numbered from 1 in the first column."},
    {2014, "no such error code", "Codes are a G and four digits, as printed after the word error."},
    {2015, "no such assumption", "The message lists those that the scenario has."},
    {2016, "no such scenario",
     "Run it where the folder scenarios/ lies, or set GRANARY_SCENARIOS."},
    {2017, "no such rule set", "granary catalog rules lists them."},
    {2018, "nobody of that name has such an account", "granary account list lists them."},
};

const std::vector<CodeHelp> refusals = {
    {4001, "an account cannot pay that",
     "The account has less than is asked of it, is closed, or the price is beyond any amount."},
    {4002, "the vouchers that may pay for it have too little left",
     "Fewer chips cost less an hour; --wait-for-funds queues the job; or ask the programme's owner "
     "for a grant. granary voucher list shows what is left, for what and until when."},
    {4003, "more than a hold has open", "Captures and releases take from what is still held."},
    {4004, "a voucher that would have expired", "Grant it with a date that is to come."},
    {4005, "a purpose that the programme does not pay for", "The message lists those it does."},
    {4006, "the programme's fund is too small", "Grant less, or give the programme more."},
    {4007, "more than an account can count", "Amounts end at 9.2 million million."},
    {4011, "a reservation larger than what is held",
     "Take at most the pool's chips; the message names the first window with all of them."},
    {4012, "not enough chips are free for the whole of that time",
     "The message names the first window; or reserve fewer, or for a shorter time."},
    {4013, "the reservation is over", "Submit without inside, or reserve anew."},
    {4014, "a job that does not fit its reservation",
     "An accepted option must lie on its pool, within its chips and its time."},
    {4015, "a job runs inside the reservation", "Cancel the job first."},
    {4020, "the queue is full", "Try again when some jobs have ended."},
    {4021, "too many open reservations", "Cancel some first."},
    {4022, "a new configuration without what is in use",
     "Cancel what runs there or keep its nodes; keep programmes until their vouchers end."},
    {4023, "a programme does not grant this",
     "It is not complete, or not for this holder, not now or not for so long."},
    {4024, "a payment of money that is not there",
     "A site is paid what it earned, a tenant what it has, an issuer pays what it owes."},
    {4025, "nothing more is promised or due on a voucher",
     "granary voucher list and account list show what is."},
    {4030, "nothing can run without a daemon", "Start granaryd."},
    {4041, "a local job on several nodes", "A local run is one process on one node."},
    {4081, "a probe of a busy machine, or of another chip",
     "Repeats differ by more than 5 %, or the times are no product's on this chip: let nothing "
     "else run on it, probe again and name the chip that was probed."},
};

const std::vector<CodeHelp> outcomes = {
    {5002, "a request key used for something else",
     "Nothing was done. Take a new Idempotency-Key for a new request."},
    {5003, "it is over already", "A job or reservation ends once; granary job show tells how."},
    {5004, "a file exists already", "Nothing was written. Name another one."},
    {6001, "nothing fits",
     "The message says what was needed and what is held. Drop the filter it names, take more "
     "compact weights, or a later deadline."},
    {6002, "more chips than the pool has", "Accept fewer; granary stock shows what is held."},
    {7001, "the journal cannot be written or opened",
     "Nothing is acknowledged that is not on disk. Repair the disk and start granaryd again."},
    {7002, "the disk is full", "Make room; nothing was changed."},
    {7004, "the journal was written by a newer program", "Use that program, or a newer one."},
    {7005, "the journal is in use", "One daemon writes a journal. Stop the other one."},
    {7006, "the daemon has no stock yet", "It is still being configured; try again."},
    {7007, "the daemon is busy", "Nothing was done; try again."},
    {7008, "the daemon does not answer",
     "Start granaryd, or say where it is with --url or GRANARY_URL. plan works with --offline."},
    {7009, "a file that is no journal",
     "The daemon's journal is granary.db in its data folder; name another folder with --data."},
    {7010, "the daemon is stopping", "Nothing was done; try again when it has been started."},
    {7011, "the answer is not a daemon's",
     "Look whether --url or GRANARY_URL is the address of a granaryd."},
    {7012, "it took longer than you would wait", "The job goes on; granary explain says why."},
    {7014, "a report cannot be written", "Name a folder where you may write."},
    {7015, "a file cannot be written", "Name one in a folder where you may write."},
    {7020, "a private file cannot be read or written",
     "Tokens must belong to you and be readable by nobody else: chmod 600."},
    {7021, "a run's files cannot be read or written", "Look at the disk of the daemon's folder."},
    {7022, "a program cannot be started", "The message says what the system answered."},
    {7023, "a run's file is damaged", "The attempt counts as lost; what it used is refunded."},
    {7024, "a stock cannot be read", "Name a file of one site, or a folder as data/ is."},
    {7025, "the daemon's data folder cannot be made", "Name another with --data."},
    {7026, "an address where the daemon cannot listen",
     "It is taken, or not of this machine: --listen 127.0.0.1:0 takes any free port."},
    {7027, "the demo's daemon did not start", "The message says what it said."},
    {8001, "the daemon does not know who asks",
     "Set GRANARY_TOKEN_FILE to the file with your token; granaryd writes the first one to its "
     "data folder."},
    {8002, "the file of tokens cannot be used",
     "Restore it from a copy; tokens are kept nowhere else."},
};

const std::vector<CodeHelp> faults = {
    {9000, "a fault of ours", ours},
    {9001, "the books do not balance",
     "Nothing more is written. Keep the journal and report this; granary voucher verify names what "
     "differs."},
    {9002, "an entry was altered or cannot be read",
     "The chain of entries shows it. Restore the journal from a copy."},
    {9003, "the mirror of the books differs from the entries",
     "The entries are what counts; the mirror was altered, or this is a fault of ours."},
    {9004, "an entry out of order", ours},
    {9005, "an entry whose chain is not its own", ours},
    {9006, "an entry too long to be read back", ours},
    {9007, "stepping again gives something else",
     "The journal was written by a program that decides differently, or this is a fault of ours."},
    {9021, "a run's folder cannot be named", ours},
};

}  // namespace

const std::vector<CodeHelp>& code_helps() {
  static const std::vector<CodeHelp> all = [] {
    std::vector<CodeHelp> helps;
    for (const auto* part : {&input, &names, &refusals, &outcomes, &faults}) {
      helps.insert(helps.end(), part->begin(), part->end());
    }
    return helps;
  }();
  return all;
}

}  // namespace granary::cli
