#pragma once
// Everything has a bound. At a bound we refuse with a reason; nothing grows without end.

#include <cstddef>

#include "units/time.h"

namespace granary {

struct Limits {
  int waiting_jobs = 10'000;           // G4020
  int offers_per_job = 16;             // G1009
  int reservations = 1'000;            // open ones; G4021
  std::size_t finished_jobs = 10'000;  // kept in memory; the journal keeps all
  int places = 64;                     // waiting jobs that hold a place in time (View)
  std::size_t key_length = 64;         // of a request key; G1019
  std::size_t text_length = 4'096;     // of any one string of a job; G1019
  std::size_t arguments = 256;         // of a recipe, likewise its environment; G1019
  std::size_t answers = 100'000;       // first answers kept in memory for repeated keys
  Span answers_for = std::chrono::hours(24 * 7);
  Span minimum_run = std::chrono::minutes(10);   // before a started job may be preempted
  Span stop_notice = std::chrono::seconds(30);   // a stopped job's chips are back by then
  Span meter_service = std::chrono::minutes(1);  // services are captured this often
  Span meter_other = std::chrono::hours(1);      // what reports no checkpoints, and reservations
  Span extend_by = std::chrono::minutes(10);     // a job over its forecast: at least this, or 10 %
  Span quote_for = std::chrono::minutes(30);     // a quoted price is promised
  Span quote_kept = std::chrono::hours(24);      // and known for so long after it has ended
  int quotes = 1'000;                            // open ones, and as many kept; G4103
  int quotes_of_payer = 100;                     // open ones of one payer; G4103
  int quoted_options = 100;                      // of one quote; G1103
  // An executor that says nothing: whether an attempt still runs is asked this often; who gives no
  // answer for `hold_lapse`, or does not bring a stopped job's chips back, has lost the attempt.
  Span ask_every = std::chrono::hours(6);
  Span hold_lapse = std::chrono::hours(1);
  Span meter_followed = std::chrono::minutes(10);  // jobs of followed sites, and at their end
  Span followed_kept =
      std::chrono::hours(24 * 7);       // a report of what ended before says nothing new
  std::size_t followed_jobs = 100'000;  // open ones of a followed site; more are left out
  // Of the daemon:
  std::size_t batch = 256;           // commands per journal transaction
  std::size_t queue = 4'096;         // commands waiting for the loop; then 503
  std::size_t body_bytes = 1 << 20;  // of an HTTP request; 413
  std::size_t header_bytes = 8'192;
  std::size_t connections = 1'024;
  Span request_timeout = std::chrono::seconds(10);
};

}  // namespace granary
