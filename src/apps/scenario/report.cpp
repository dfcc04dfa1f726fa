#include "apps/scenario/report.h"

#include <fmt/core.h>

#include "apps/cli/table.h"

namespace granary {
namespace {

constexpr const char* head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
)";

constexpr const char* style = R"(<style>
:root { --ink: #1b1f24; --paper: #ffffff; --faint: #57606a; --box: #f3f5f7; --line: #d0d7de;
        --wrong: #b3261e; --right: #1a6b35; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #14171a; --faint: #9aa4ae; --box: #1f2428; --line: #3a424a;
          --wrong: #ff8a80; --right: #7ddc9b; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
.question { font-size: 1.1rem; max-width: 48rem; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .8rem;
      overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; }
pre:focus { outline: 2px solid var(--faint); }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
         border-bottom: 1px solid var(--line); }
.faint { color: var(--faint); }
.wrong { color: var(--wrong); font-weight: 600; }
.right { color: var(--right); font-weight: 600; }
</style>
)";

// As the text of an element or a quoted attribute. Control characters and broken UTF-8 are '?'.
std::string escaped(const std::string& text) {
  std::string safe;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find('\n', begin);
    for (const char c : cli::plain(text.substr(begin, end - begin))) {
      switch (c) {
        case '&':
          safe += "&amp;";
          break;
        case '<':
          safe += "&lt;";
          break;
        case '>':
          safe += "&gt;";
          break;
        case '"':
          safe += "&quot;";
          break;
        case '\'':
          safe += "&#39;";
          break;
        default:
          safe += c;
      }
    }
    if (end == std::string::npos) return safe;
    safe += '\n';
    begin = end + 1;
  }
}

std::string assumptions_of(const Scenario& scenario) {
  if (scenario.assumptions.empty()) return "";
  std::string text =
      "<h2>What is assumed</h2>\n<table>\n<thead><tr><th scope=\"col\">Figure</th>"
      "<th scope=\"col\">Value</th><th scope=\"col\">Standing</th><th "
      "scope=\"col\">Source</th></tr>"
      "</thead>\n<tbody>\n";
  for (const ScenarioFigure& a : scenario.assumptions) {
    const std::string was =
        a.changed() ? " <span class=\"faint\">(recorded: " + escaped(a.recorded) + ")</span>" : "";
    text +=
        fmt::format("<tr><th scope=\"row\">{}</th><td>{}{}</td><td>{}</td><td>{}</td></tr>\n",
                    escaped(a.key), escaped(a.value), was, to_text(a.standing), escaped(a.source));
  }
  return text + "</tbody>\n</table>\n";
}

std::string step_of(const StepRun& step, std::size_t number) {
  std::string text = fmt::format("<h3>{}. {}</h3>\n<pre tabindex=\"0\">{}</pre>\n", number,
                                 escaped(step.say), escaped(transcript(step)));
  if (!step.wrong.empty()) {
    text += fmt::format("<p class=\"wrong\">This step {}</p>\n", escaped(step.wrong));
  }
  return text;
}

std::string verdict_of(const ScenarioRun& run) {
  if (const auto failure = run.failure()) {
    return fmt::format("<p class=\"wrong\">Not as recorded: {}</p>\n", escaped(*failure));
  }
  if (!run.compared) {
    return "<p class=\"faint\">Assumptions were changed, so nothing was compared with the recorded "
           "answer.</p>\n";
  }
  return fmt::format("<p class=\"right\">All {} steps as recorded.</p>\n", run.steps.size());
}

}  // namespace

std::string html_report(const ScenarioRun& run) {
  const Scenario& scenario = run.scenario;
  std::string text = head;
  text += fmt::format("<title>{}</title>\n{}</head>\n<body>\n<main>\n<h1>{}</h1>\n",
                      escaped(scenario.title), style, escaped(scenario.title));
  text += fmt::format("<p class=\"question\">{}</p>\n", escaped(scenario.question));
  text += verdict_of(run) + assumptions_of(scenario) + "<h2>The answer, step by step</h2>\n";
  for (std::size_t i = 0; i < run.steps.size(); ++i) text += step_of(run.steps[i], i + 1);
  return text + fmt::format("<p class=\"faint\">granary scenario run {}</p>\n", scenario.name) +
         "</main>\n</body>\n</html>\n";
}

}  // namespace granary
