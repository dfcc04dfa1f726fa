// What people ask for: configuration, vouchers, jobs, reservations.

#include <algorithm>
#include <limits>
#include <tuple>

#include "engine/stepper.h"
#include "units/text.h"

namespace granary {
namespace {

// A name that people gave: not empty, bounded, one line.
Result<void> check_name(const std::string& what, const std::string& name, std::size_t limit = 64) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!name.empty() && name.size() <= limit && !control) return {};
  return fail(Error::Kind::invalid, 1019,
              what + " must be one line of 1 to " + std::to_string(limit) + " bytes.");
}

Error follows_its_queue(const std::string& what, const std::string& command) {
  return {Error::Kind::refused, 4133,
          what + " follows its site's own queue: Granary starts and stops nothing there.",
          "use " + command + " at the site"};
}

Result<void> check_recipe(const Recipe& recipe, const Limits& limits) {
  if (recipe.argv.size() > limits.arguments || recipe.environment.size() > limits.arguments) {
    return fail(Error::Kind::invalid, 1019,
                "A recipe has at most " + std::to_string(limits.arguments) +
                    " arguments and as many environment variables.");
  }
  const std::string program = recipe.argv.empty() ? "x" : recipe.argv.front();
  if (program.empty() || (program[0] != '/' && program.find('/') != std::string::npos)) {
    return fail(Error::Kind::invalid, 1019,
                "A program is a plain name, found in the folders the site allows, or an absolute "
                "path; \"" +
                    program.substr(0, 80) + "\" is neither.");
  }
  std::vector<std::string> texts = recipe.argv;
  for (const auto& [name, value] : recipe.environment) {
    const bool plain = !name.empty() && !name.starts_with("GRANARY_") &&
                       !(name[0] >= '0' && name[0] <= '9') &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                (c >= '0' && c <= '9');
                       });
    if (!plain) {
      return fail(Error::Kind::invalid, 1019,
                  "\"" + name.substr(0, 40) +
                      "\" cannot be an environment variable: use letters, digits and '_', and not "
                      "the prefix GRANARY_.");
    }
    texts.push_back(value);
  }
  texts.insert(texts.end(), {recipe.data, recipe.checkpoint, recipe.health});
  for (const std::string& text : texts) {
    if (text.size() <= limits.text_length && text.find('\0') == std::string::npos) continue;
    return fail(Error::Kind::invalid, 1019,
                "A text of the recipe is longer than " + std::to_string(limits.text_length) +
                    " bytes or holds a NUL.");
  }
  return {};
}

// Whether that much use of chips can be counted; what cannot would be priced too low.
bool countable(std::int64_t chips, std::int64_t share, Span span) {
  return static_cast<Wide>(chips) * share * span.count() <=
         std::numeric_limits<std::int64_t>::max();
}

// Sizes that agree with each other, whatever the stock is.
Result<void> check_adds_up(const Choice& choice, const std::string& what) {
  const Wanted& w = choice.wanted;
  const Layout& l = choice.layout;
  const bool sane = w.chips > 0 && w.together > 0 && w.chips % w.together == 0 && w.share > 0 &&
                    w.share <= whole_chip && choice.span > Span(0) && choice.span <= max_span &&
                    l.data > 0 && l.tensor > 0 && l.pipeline > 0 &&
                    static_cast<Wide>(l.data) * l.tensor * l.pipeline == w.chips;
  if (!sane) {
    return fail(Error::Kind::invalid, 1009,
                what + " does not add up: " + std::to_string(w.chips) + " chips, layout " +
                    to_text(choice.layout) + ".");
  }
  if (countable(w.chips, w.share, choice.span)) return {};
  return fail(Error::Kind::invalid, 1009,
              what + " asks for more than can be counted: " + std::to_string(w.chips) +
                  " chips for " + to_text(choice.span) + ".");
}

// Periods and bounds that the engine can work with.
Result<void> check_limits(const Limits& l) {
  const Span least = std::chrono::milliseconds(1);
  for (const auto& [name, span, from] : {std::tuple("answers_for", l.answers_for, Span(0)),
                                         {"minimum_run", l.minimum_run, Span(0)},
                                         {"stop_notice", l.stop_notice, least},
                                         {"meter_service", l.meter_service, least},
                                         {"meter_other", l.meter_other, least},
                                         {"extend_by", l.extend_by, least},
                                         {"quote_for", l.quote_for, least},
                                         {"quote_kept", l.quote_kept, Span(0)},
                                         {"ask_every", l.ask_every, least},
                                         {"hold_lapse", l.hold_lapse, least}}) {
    if (span >= from && span <= max_span) continue;
    return fail(Error::Kind::invalid, 1048,
                "The limit " + std::string(name) + " must be at least " + to_text(from) + ".");
  }
  for (const auto& [name, count] :
       {std::pair("waiting_jobs", static_cast<std::int64_t>(l.waiting_jobs)),
        {"offers_per_job", l.offers_per_job},
        {"quotes", l.quotes},
        {"quotes_of_payer", l.quotes_of_payer},
        {"quoted_options", l.quoted_options},
        {"finished_jobs", static_cast<std::int64_t>(l.finished_jobs)},
        {"answers", static_cast<std::int64_t>(l.answers)}}) {
    if (count >= 1) continue;
    return fail(Error::Kind::invalid, 1048,
                "The limit " + std::string(name) + " must be at least 1.");
  }
  return {};
}

// What of the accounts may still have to be given back: running jobs and reservations have paid it.
std::map<std::string, Money> not_final(const State& s, const std::vector<std::string>& names) {
  std::map<std::string, Money> open;
  for (const std::string& name : names) {
    for (const auto& [owner, line] : s.lines) open[name] += refundable(s.books, line, name);
  }
  return open;
}

// Refuses to take that from the accounts, which are `name` together.
Result<void> check_final(const State& s, const std::string& name,
                         const std::vector<std::string>& accounts, Money amount) {
  Money available, open;
  for (const auto& [one, part] : not_final(s, accounts)) {
    const Account* const account = find_account(s.books, one);
    if (account == nullptr) continue;  // said by the ledger
    available += account->available();
    open += part;
  }
  const Money most = available - open;
  if (open == Money{} || amount <= most) return {};
  return fail(Error::Kind::refused, 4024,
              name + " has " + to_grouped_text(available) + ", of which " + to_grouped_text(open) +
                  " is of work that still runs and may have to be given back; " +
                  to_grouped_text(amount) + " is more than the rest.",
              "take " + to_grouped_text(most) + ", or wait until the work has ended");
}

// Refuses programmes whose money came from other funders than they name now.
Result<void> check_funders(const State& s, const Programmes& programmes) {
  for (const auto& [name, total] : s.appropriated) {
    const std::string id = name.substr(0, name.find('/'));
    const auto programme = programmes.find(id);
    if (programme == programmes.end() || !programme->second.unknown.empty()) continue;
    const std::vector<FundPart> parts = fund_parts(programme->second);
    const bool known = std::any_of(parts.begin(), parts.end(),
                                   [&](const FundPart& part) { return id + part.suffix == name; });
    if (known) continue;
    const std::string giver = id == name ? "one issuer" : name.substr(id.size() + 1);
    return fail(Error::Kind::refused, 4105,
                "Programme " + id + " has " + to_grouped_text(total) + " from " + giver +
                    "; who funds it cannot change.",
                "keep its funders, or give the new programme another id");
  }
  return {};
}

// Whether every chip of the claim is still in the stock.
bool holds(const std::vector<Pool>& pools, const Claim& claim) {
  const Pool* pool = find_pool(pools, claim.pool);
  return pool && std::all_of(claim.held.begin(), claim.held.end(), [&](const Held& held) {
           return std::any_of(pool->nodes.begin(), pool->nodes.end(), [&](const Node& node) {
             return node.id == held.node && held.chip < node.chips;
           });
         });
}

}  // namespace

Result<std::string> Stepper::on(const Configure& command) {
  if (auto good = check_limits(command.limits); !good) return fail(good.error());
  std::vector<ConfiguredDocument> kept;
  std::vector<Document> documents;
  for (const ConfiguredDocument& d : command.documents) {
    const auto known = s_.contents.find(d.hash);
    const bool is_known = known != s_.contents.end();
    if (!is_known && (d.text.empty() || sha256(d.text) != d.hash)) {
      return fail(Error::Kind::invalid, 1040,
                  "Document " + d.name + " does not come with the text of its hash.");
    }
    documents.push_back({d.name, is_known ? known->second : d.text});
    kept.push_back({d.name, d.hash, is_known ? std::string() : d.text});
  }
  const auto made = configure(std::move(documents), command.policy, command.limits, s_.pool_ids);
  if (!made) return fail(made.error());
  for (const Id<Job> id : s_.active) {
    const auto& claim = s_.jobs.at(id).claim;
    if (!claim || holds(made->pools, *claim)) continue;
    return fail(Error::Kind::refused, 4022,
                "The new stock loses chips that " + to_text(id) + " runs on.",
                "cancel the job first, or keep its nodes");
  }
  for (const auto& [id, reservation] : s_.reservations) {
    if (!reservation.open || holds(made->pools, reservation.claim)) continue;
    return fail(Error::Kind::refused, 4022,
                "The new stock loses chips that " + to_text(id) + " reserves.",
                "cancel the reservation first, or keep its nodes");
  }
  for (const auto& [id, voucher] : s_.books.vouchers) {
    if (voucher.closed || made->programmes.count(voucher.programme) != 0) continue;
    return fail(Error::Kind::refused, 4022,
                "The new configuration has no programme " + voucher.programme + ", of which " +
                    to_text(id) + " is open.",
                "keep the file programmes/" + voucher.programme + ".toml until its vouchers end");
  }
  if (s_.configuration) {
    for (const Pool& pool : made->pools) {
      const Pool* const before = find_pool(configuration().pools, pool.name());
      if (before == nullptr) continue;
      if (auto good = check_change(before->prices(), pool.prices(), pool.name(), pool.asset, now_);
          !good) {
        return fail(good.error());
      }
    }
  }
  if (auto good = check_funders(s_, made->programmes); !good) return fail(good.error());
  emit(Configured{std::move(kept), command.policy, command.limits});
  for (const auto& [id, programme] : configuration().programmes) {
    const std::vector<FundPart> parts = fund_parts(programme);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto known = s_.appropriated.find(id + parts[i].suffix);
      const Money before = known == s_.appropriated.end() ? Money{} : known->second;
      const auto events = appropriate(s_.books, programme, before, i);
      if (events.empty()) continue;
      emit(events);
      emit(Appropriated{id + parts[i].suffix, std::max(before, parts[i].fund)});
    }
  }
  schedule_ = true;
  return std::string();
}

Result<std::string> Stepper::on(const GrantVoucher& command) { return granted(command.grant); }

Result<std::string> Stepper::on(const RegisterCertificate& command) {
  const auto certificate = parse_certificate(command.certificate.text);
  if (!certificate) return fail(certificate.error());
  const auto known = s_.books.registered.find({certificate->issuer, certificate->serial});
  if (known != s_.books.registered.end() &&
      s_.books.vouchers.at(known->second).certified->contents == sha256(command.certificate.text)) {
    return to_text(known->second);
  }
  const auto wanted =
      certified_grant(configuration().programmes, command.certificate, *certificate, now_);
  if (!wanted) return fail(wanted.error());
  return granted(wanted->grant, wanted->certified);
}

Result<std::string> Stepper::granted(const Grant& wanted,
                                     const std::optional<Certified>& certified) {
  if (auto good = check_name("A holder's name", wanted.holder); !good) return fail(good.error());
  if (wanted.declared.size() > 16) {
    return fail(Error::Kind::invalid, 1019, "A grant states at most 16 words about its holder.");
  }
  for (const std::string& word : wanted.declared) {
    if (auto good = check_name("What a holder declares", word); !good) return fail(good.error());
  }
  if (!wanted.contract.empty()) {
    if (auto good = check_name("A contract", wanted.contract); !good) return fail(good.error());
  }
  if (!wanted.approved_by.empty()) {
    if (auto good = check_name("Who approved", wanted.approved_by); !good) {
      return fail(good.error());
    }
  }
  const std::uint64_t next = s_.books.next_voucher;
  const auto events = grant(s_.books, configuration().programmes, wanted, now_, certified);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return to_text(Id<Voucher>{next});
}

Result<std::string> Stepper::on(const MoveMoney& command) {
  const BankPayment& payment = command.payment;
  if (payment.reason == Reason::top_up) {
    if (auto good = check_name("A tenant's name", payment.party); !good) return fail(good.error());
  }
  if (payment.reason == Reason::pay_out) {
    const std::string revenue = "REV:" + payment.party;
    if (auto good = check_final(s_, revenue, {revenue}, payment.amount); !good) {
      return fail(good.error());
    }
  }
  const auto events = pay(s_.books, payment);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return payment.party;
}

Result<std::string> Stepper::on(const ReleaseTranche& command) {
  const auto events = release_tranche(s_.books, configuration().programmes, command.voucher);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return to_text(command.voucher);
}

Result<std::string> Stepper::on(const DecideReimbursement& command) {
  const std::string due = "DUE:" + to_text(command.decision.voucher);
  std::vector<std::string> accounts;
  const auto voucher = s_.books.vouchers.find(command.decision.voucher);
  if (voucher != s_.books.vouchers.end()) {
    for (const Purse& purse : purses_of(voucher->second)) accounts.push_back(due + purse.suffix);
  }
  if (auto good = check_final(s_, due, accounts, command.decision.amount); !good) {
    return fail(good.error());
  }
  const auto events = decide(s_.books, command.decision, not_final(s_, accounts));
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return to_text(command.decision.voucher);
}

Result<std::string> Stepper::on(const SetBudget& command) {
  const Budget& budget = command.budget;
  if (auto good = check_name("A tenant's name", budget.tenant); !good) return fail(good.error());
  const auto events = set_budget(s_.books, budget);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return budget.tenant;
}

Result<std::string> Stepper::on(const SetCreditLine& command) {
  const CreditLine& credit = command.credit;
  if (auto good = check_name("A tenant's name", credit.tenant); !good) return fail(good.error());
  const auto events = set_credit_line(s_.books, credit);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  return credit.tenant;
}

Result<std::string> Stepper::on(const ExchangeVoucher& command) {
  const std::string next = to_text(Id<Voucher>{s_.books.next_voucher});
  const auto events = exchange(s_.books, configuration().programmes, command.exchange, now_);
  if (!events) return fail(events.error());
  emit(*events);
  schedule_ = true;
  if (!command.exchange.into.empty()) return next;
  return to_text(s_.books.vouchers.at(command.exchange.voucher).exchanged->from);
}

Result<void> Stepper::check_choice(const Choice& choice) const {
  const Pool* pool = find_pool(configuration().pools, choice.pool);
  if (!pool) return fail(Error::Kind::not_found, 2006, "An accepted option names no pool.");
  if (pool->runner == Runner::followed) return fail(follows_its_queue(pool->name(), "sbatch"));
  const Wanted& w = choice.wanted;
  if (auto good = check_adds_up(choice, "An accepted option on " + pool->name()); !good) {
    return good;
  }
  if (fits_empty(*pool, w)) return {};
  return fail(Error::Kind::infeasible, 6002,
              pool->name() + " holds " + std::to_string(pool->chips()) +
                  " chips; it can never run " + std::to_string(w.chips) + " in groups of " +
                  std::to_string(w.together) + " on one node.");
}

Result<void> Stepper::check_choices(const JobRequest& r) const {
  if (r.choices.empty() || r.choices.size() > static_cast<std::size_t>(limits().offers_per_job)) {
    return fail(Error::Kind::invalid, 1009,
                "A job accepts 1 to " + std::to_string(limits().offers_per_job) +
                    " options; this one accepts " + std::to_string(r.choices.size()) + ".");
  }
  for (const Choice& choice : r.choices) {
    if (auto good = check_choice(choice); !good) return good;
    if (!choice.firm || r.quote) continue;
    return fail(Error::Kind::invalid, 1103, "An accepted option names a price of its own.",
                "a price is promised by a quote");
  }
  for (const Choice& choice : r.others) {
    if (auto good = check_adds_up(choice, "An option that is not accepted"); !good) return good;
  }
  return {};
}

Result<void> Stepper::check_inside(const JobRequest& r) const {
  if (!r.inside) return {};
  const auto found = s_.reservations.find(*r.inside);
  if (found == s_.reservations.end() || found->second.payer != r.payer) {
    return fail(Error::Kind::not_found, 2007,
                "No reservation " + to_text(*r.inside) + " of " + r.payer + ".");
  }
  const Claim& claim = found->second.claim;
  if (!found->second.open || claim.until <= now_) {
    return fail(Error::Kind::refused, 4013, "Reservation " + to_text(*r.inside) + " is over.");
  }
  for (const Choice& choice : r.choices) {
    if (choice.pool != claim.pool || choice.wanted.chips > static_cast<int>(claim.held.size()) ||
        choice.span > claim.until - claim.from) {
      return fail(Error::Kind::refused, 4014,
                  to_text(*r.inside) + " reserves " + describe(claim, configuration()) + " for " +
                      to_text(claim.until - claim.from) + "; an accepted option does not fit it.");
    }
  }
  return {};
}

Result<void> Stepper::check_funds(const JobRequest& r) const {
  if (r.wait_for_funds) return {};
  std::optional<Shortfall> best;
  for (const Choice& choice : r.choices) {
    const Span span = r.time_limit ? std::min(choice.span, *r.time_limit) : choice.span;
    const auto bill = bill_of(s_, r, choice, {begin_of(s_, r, now_), span});
    if (!bill) return {};  // paid for by the reservation
    if (!price_of(*bill)) continue;
    const auto funding = fund(s_.books, configuration().programmes, *bill);
    if (funding) return {};
    if (!best || funding.error().needed < best->needed) best = funding.error();
  }
  if (!best) {
    return fail(Error::Kind::refused, 4001, "The price of the job is beyond any amount of money.");
  }
  Error error = to_error(*best);
  error.fix = "--wait-for-funds queues it until it can be paid" +
              (error.fix.empty() ? std::string() : " · " + error.fix);
  return fail(std::move(error));
}

Result<void> Stepper::check_said(const JobRequest& r) const {
  if (auto good = check_name("A payer's name", r.payer); !good) return good;
  if (auto good = check_team(s_.books, r.payer, r.team); !good) return good;
  const auto& purposes = known_purposes();
  if (std::find(purposes.begin(), purposes.end(), r.purpose) == purposes.end()) {
    return fail(Error::Kind::invalid, 1006,
                "\"" + r.purpose.substr(0, 40) +
                    "\" is not a purpose: use pretrain, finetune, serve or run.");
  }
  if (!r.name.empty()) {
    if (auto good = check_name("A job's name", r.name); !good) return good;
  }
  if (auto good = check_name("The job's description", r.what, limits().text_length); !good) {
    return good;
  }
  return {};
}

Result<void> Stepper::check_request(const JobRequest& r) const {
  if (auto good = check_said(r); !good) return good;
  if (r.priority < -100 || r.priority > 100) {
    return fail(Error::Kind::invalid, 1003,
                "priority " + std::to_string(r.priority) + ": use -100 to 100.");
  }
  if (r.time_limit && (*r.time_limit <= Span(0) || *r.time_limit > max_span)) {
    return fail(Error::Kind::invalid, 1013, "time_limit must be a positive duration.");
  }
  if (auto good = check_recipe(r.recipe, limits()); !good) return good;
  if (auto good = check_choices(r); !good) return good;
  return check_inside(r);
}

Result<std::string> Stepper::on(const Submit& command) {
  JobRequest r = command.request;
  if (auto good = honour(r); !good) return fail(good.error());
  if (auto good = check_request(r); !good) return fail(good.error());
  std::size_t followed = 0;
  for (const auto& [name, site] : s_.followed) followed += site.open.size();
  if (s_.active.size() - followed >= static_cast<std::size_t>(limits().waiting_jobs)) {
    return fail(Error::Kind::refused, 4020,
                "The queue is full: " + std::to_string(limits().waiting_jobs) +
                    " jobs wait or run; try again when some have ended.");
  }
  if (auto good = check_funds(r); !good) return fail(good.error());
  Job job;
  job.id = {s_.next_job};
  job.request = r;
  job.submitted = now_;
  emit(Accepted{job});
  schedule_ = true;
  return to_text(job.id);
}

Result<std::string> Stepper::on(const Cancel& command) {
  const auto found = s_.jobs.find(command.job);
  if (found == s_.jobs.end()) {
    return fail(Error::Kind::not_found, 2008, "No job " + to_text(command.job) + ".");
  }
  const Job& job = found->second;
  if (job.request.followed) {
    return fail(follows_its_queue(to_text(job.id), "scancel " + job.request.followed->number));
  }
  if (job.state == JobState::waiting) {
    emit(CancelledWaiting{job.id, now_});
  } else if (job.state == JobState::running) {
    stop(job, StopCause::cancelled);
  } else if (job.state == JobState::stopping) {
    // It is on its way out; if it was to wait again, it now will not.
    if (*job.stop_cause == StopCause::preempted) stop(job, StopCause::cancelled);
  } else {
    return fail(Error::Kind::conflict, 5003,
                to_text(job.id) + " is " + to_text(job.state) + " already.");
  }
  schedule_ = true;
  return to_text(job.id);
}

Result<std::string> Stepper::on(const ReserveChips& c) {
  const Pool* pool = find_pool(configuration().pools, c.pool);
  if (!pool) return fail(Error::Kind::not_found, 2006, "No such pool to reserve on.");
  if (pool->runner == Runner::followed) {
    return fail(follows_its_queue(pool->name(), "scontrol create reservation"));
  }
  if (auto good = check_name("A payer's name", c.payer); !good) return fail(good.error());
  if (auto good = check_team(s_.books, c.payer, c.team); !good) return fail(good.error());
  if (auto good = check_name("The reason (--why)", c.why, 200); !good) return fail(good.error());
  const Instant from = c.from == Instant{} ? now_ : c.from;
  if (c.chips <= 0 || c.span <= Span(0) || c.span > max_span || from < now_ ||
      from > now_ + max_span) {
    return fail(
        Error::Kind::invalid, 1041,
        "A reservation needs at least one chip, a duration, and a start that is not past (nor a "
        "hundred years off).");
  }
  const Timeline timeline(*pool, claims_in(s_, *pool), now_);
  const auto window = [&](int chips) -> std::string {
    const auto slot = timeline.earliest({chips, 1, whole_chip}, c.span, now_);
    return slot ? "First window with " + std::to_string(chips) + " free: " + to_text(slot->from) +
                      "."
                : "There is no such window in sight.";
  };
  if (c.chips > pool->chips()) {
    return fail(Error::Kind::refused, 4011,
                pool->site + " holds " + std::to_string(pool->chips()) + " " + pool->chip +
                    "; a reservation cannot exceed what is held. " + window(pool->chips()));
  }
  const auto open = std::count_if(s_.reservations.begin(), s_.reservations.end(),
                                  [](const auto& entry) { return entry.second.open; });
  if (open >= limits().reservations) {
    return fail(Error::Kind::refused, 4021,
                "There are " + std::to_string(open) + " open reservations, as many as allowed.");
  }
  if (!countable(c.chips, whole_chip, c.span)) {
    return fail(Error::Kind::invalid, 1041,
                "A reservation of " + std::to_string(c.chips) + " chips for " + to_text(c.span) +
                    " is more than can be counted.");
  }
  const auto held = timeline.place({c.chips, 1, whole_chip}, from, c.span);
  if (!held) {
    return fail(Error::Kind::refused, 4012,
                "Of " + std::to_string(pool->chips()) + " " + pool->name() + ", " +
                    std::to_string(timeline.free_chips(from, c.span)) +
                    " are free for the whole of that time, not " + std::to_string(c.chips) + ". " +
                    window(c.chips));
  }
  Reservation reservation;
  reservation.id = {s_.next_reservation};
  reservation.payer = c.payer;
  reservation.team = c.team;
  reservation.why = c.why;
  reservation.claim = {reservation.id, pool->id, *held, from, from + c.span, std::nullopt};
  if (!pool->tariff.empty()) reservation.tariff = pool->prices();
  const Bill bill = bill_of(s_, reservation, c.purpose, *pool);
  if (!price_of(bill)) {
    return fail(Error::Kind::refused, 4001, "The price of the reservation is beyond any amount.");
  }
  const auto funding = fund(s_.books, configuration().programmes, bill);
  if (!funding) return fail(to_error(funding.error(), "reservation"));
  Line line;
  line.owner = owner_of(reservation);
  line.site = pool->site;
  const auto placed = place_hold(s_.books, *funding, line,
                                 describe(reservation.claim, configuration()) + " reserved");
  if (!placed) return fail(placed.error());
  emit(placed->events);
  emit(LineOpen{placed->line});
  emit(ReservationMade{reservation});
  schedule_ = true;
  return to_text(reservation.id);
}

Result<std::string> Stepper::on(const CancelReservation& c) {
  const auto found = s_.reservations.find(c.reservation);
  if (found == s_.reservations.end()) {
    return fail(Error::Kind::not_found, 2007, "No reservation " + to_text(c.reservation) + ".");
  }
  if (!found->second.open) {
    return fail(Error::Kind::conflict, 5003, to_text(c.reservation) + " is over already.");
  }
  for (const Id<Job> id : s_.active) {
    const Job& job = s_.jobs.at(id);
    if (job.claim && job.claim->inside == c.reservation) {
      return fail(Error::Kind::refused, 4015,
                  to_text(job.id) + " runs inside " + to_text(c.reservation) + ".",
                  "cancel the job first");
    }
  }
  end_reservation(found->second, now_);
  schedule_ = true;
  return to_text(c.reservation);
}

}  // namespace granary
