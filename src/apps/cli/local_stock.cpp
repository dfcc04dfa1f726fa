#include "apps/cli/local_stock.h"

#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "apps/daemon_config.h"
#include "engine/codec.h"
#include "serve/api.h"
#include "serve/clock.h"

namespace granary::cli {
namespace {

// A Core in which nothing was ever submitted.
class LocalStock final : public Core {
 public:
  Result<void> configure(const std::vector<Document>& documents) {
    Configure all;
    for (const Document& d : documents) all.documents.push_back({d.name, sha256(d.text), d.text});
    step_onto(state_, {"configure", body_hash(all), "granary", all}, now_);
    const Answer& answer = state_.answers.at("configure");
    if (answer.refused) return fail(*answer.refused);
    return {};
  }

  Result<Answer> submit(Request) override {
    return fail(Error::Kind::refused, 4030, "A stock without a daemon runs nothing.",
                "start granaryd");
  }
  void read(const std::function<void(const State&, Instant)>& look) override { look(state_, now_); }
  Result<std::vector<Entry>> entries(std::uint64_t, std::size_t) override {
    return std::vector<Entry>{};
  }
  Journal::Head head() override { return {}; }
  Result<std::string> output(Id<Job> job, int, const std::string&, std::size_t) override {
    return fail(Error::Kind::not_found, 2008, "No job " + to_text(job) + ".");
  }

 private:
  Instant now_ = SystemClock().now();
  State state_;
};

}  // namespace

Result<Json> plan_locally(const std::vector<std::string>& stocks, const Json& body) {
  const auto documents = read_documents(stocks);
  if (!documents) return fail(documents.error());
  LocalStock core;
  if (auto good = core.configure(*documents); !good) return fail(good.error());
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  auto menu = read_answer(answer({"POST", "/v1/plans", {}, text, "local"}, core));
  if (!menu) return menu;
  for (Json& option : menu->at("options")) {
    for (const char* of_a_daemon : {"start", "start_reason", "fundable"}) {
      option.erase(of_a_daemon);
    }
  }
  return menu;
}

}  // namespace granary::cli
