#include "model/tools/naclip-eval/eval_report.h"

#include <algorithm>
#include <cmath>

#include "model/tools/common/json_writer.h"
#include "model/tools/naclip-eval/table.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

constexpr std::size_t kFilesNamed = 10;
constexpr const char *kPrecision = "precision";  // which is the model's, and no setting

std::string percent(double part) {
  return std::isnan(part) ? "-" : printed("%.2f", 100.0 * part);
}

std::string rate_of(const Tally &tally) {
  return tally.seconds > 0 ? printed("%.2f", static_cast<double>(tally.done) / tally.seconds) : "-";
}

/// The settings whose values are not the same in all runs, then the precision where it is not; attention and
/// architecture always.
std::vector<std::string> varying(const Report &report) {
  std::vector<std::string> names;
  const Settings &first = report.runs.front().settings;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const bool same = std::all_of(
        report.runs.begin(), report.runs.end(),
        [&](const RunReport &run) { return run.settings[i].second == first[i].second; });
    if (!same || first[i].first == "attention" || first[i].first == "architecture")
      names.push_back(first[i].first);
  }
  if (std::any_of(report.runs.begin(), report.runs.end(), [&](const RunReport &run) {
        return run.model.precision != report.runs.front().model.precision;
      }))
    names.emplace_back(kPrecision);
  return names;
}

std::string value_of(const RunReport &run, const std::string &name) {
  if (name == kPrecision) return run.model.precision;
  for (const auto &[one, value] : run.settings)
    if (one == name) return value;
  return "-";
}

bool is_among(const std::vector<std::string> &names, const std::string &name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// mIoU beyond that of the first run with the same settings, which has another precision; "-" for that one.
std::string difference_of(const Report &report, const RunReport &run) {
  const auto first =
      std::find_if(report.runs.begin(), report.runs.end(),
                   [&](const RunReport &other) { return other.settings == run.settings; });
  if (&*first == &run) return "-";
  const double difference =
      scores_of(run.tally.areas).mean_iou - scores_of(first->tally.areas).mean_iou;
  return std::isnan(difference) ? "-" : printed("%+.2f", 100.0 * difference);
}

std::string settings_table(const Report &report, const std::vector<std::string> &shown_elsewhere) {
  const RunReport &run = report.runs.front();
  std::vector<TableRow> rows{{"setting", "value"}};
  rows.push_back({"data", joined(report.folders, ", ")});
  rows.push_back({"model", report.model_path});
  rows.push_back({"network", printed("patch %d, %d layers, width %d, %s", run.model.patch_size,
                                     run.model.vision_layers, run.model.vision_width,
                                     run.model.layout.c_str())});
  rows.push_back({"activation", name_of(run.model.activation) +
                                    printed(" (%s)", run.model.activation_source.c_str())});
  rows.push_back(
      {"device", run.model.device +
                     (is_among(shown_elsewhere, kPrecision) ? "" : ", " + run.model.precision)});
  for (const auto &[name, value] : run.settings)
    if (!is_among(shown_elsewhere, name)) rows.push_back({name, value});
  return table(rows, 2);
}

std::string outcome_table(const Report &report, const std::vector<std::string> &columns) {
  const bool published = std::any_of(report.runs.begin(), report.runs.end(),
                                     [](const auto &run) { return run.published.has_value(); });
  TableRow head = columns;
  head.emplace_back("mIoU");
  const bool precisions = is_among(columns, kPrecision);
  if (precisions) head.emplace_back("difference");
  if (published) head.emplace_back("published");
  head.insert(head.end(), {"mAcc", "aAcc", "pictures", "a second"});
  std::vector<TableRow> rows{head};
  for (const RunReport &run : report.runs) {
    const Scores scores = scores_of(run.tally.areas);
    TableRow row;
    for (const std::string &name : columns) row.push_back(value_of(run, name));
    row.push_back(percent(scores.mean_iou));
    if (precisions) row.push_back(difference_of(report, run));
    if (published) row.push_back(run.published ? printed("%.2f", *run.published) : "-");
    row.insert(row.end(), {percent(scores.mean_accuracy), percent(scores.pixel_accuracy),
                           grouped(run.tally.evaluated), rate_of(run.tally)});
    rows.push_back(row);
  }
  return table(rows, columns.size());
}

/// What tells a run from the report's others: "naclip/reduced", and "/tlp" where refinements differ,
/// "/int8" where precisions do.
std::string run_name(const Report &report, const RunReport &run) {
  std::string name = value_of(run, "attention") + "/" + value_of(run, "architecture");
  const std::vector<std::string> columns = varying(report);
  for (const char *column : {"refine", kPrecision})
    if (is_among(columns, column)) name += "/" + value_of(run, column);
  return name;
}

std::string class_table(const Report &report) {
  const bool alone = report.runs.size() == 1;
  std::vector<TableRow> rows{{"class"}};
  std::vector<Scores> scores;
  for (const RunReport &run : report.runs) {
    scores.push_back(scores_of(run.tally.areas));
    rows[0].push_back(alone ? "IoU" : "IoU " + run_name(report, run));
  }
  if (alone) rows[0].emplace_back("Acc");
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    TableRow row{report.classes[i]};
    for (const Scores &one : scores) row.push_back(percent(one.iou[i]));
    if (alone) row.push_back(percent(scores[0].accuracy[i]));
    rows.push_back(row);
  }
  return table(rows, 1);
}

std::string departures_of(const Report &report) {
  std::string text;
  for (const RunReport &run : report.runs) {
    if (run.departures.empty()) continue;
    text += "- " + run_name(report, run) + ": " + joined(run.departures, "; ") + "\n";
  }
  return text.empty() ? text : "Not to be compared with the published figure:\n\n" + text + "\n";
}

/// The data set's problems and those of reading it. All runs read the same files; the one that came
/// furthest met the most.
Problems all_problems(const Report &report) {
  Problems problems = report.problems;
  const auto furthest =
      std::max_element(report.runs.begin(), report.runs.end(),
                       [](const auto &a, const auto &b) { return a.tally.done < b.tally.done; });
  if (furthest != report.runs.end()) problems.add(furthest->tally.problems);
  return problems;
}

void write_problems(JsonWriter &json, const Problems &problems) {
  json.list("problems", [&] {
    for (const Problem &problem : problems.all()) {
      json.object(nullptr, [&] {
        json.text("kind", problem_name(problem.kind));
        json.text("file", problem.file);
        json.text("detail", problem.detail);
        json.integer("pixels", problem.pixels);
      });
    }
  });
}

void write_classes(JsonWriter &json, const std::vector<std::string> &labels, const Areas &areas,
                   const Scores &scores) {
  json.list("classes", [&] {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      json.object(nullptr, [&] {
        json.text("label", labels[i]);
        json.real("IoU", 100.0 * scores.iou[i]);
        json.real("Acc", 100.0 * scores.accuracy[i]);
        json.integer("intersection", areas.intersection[i]);
        json.integer("prediction", areas.prediction[i]);
        json.integer("ground-truth", areas.label[i]);
      });
    }
  });
}

void write_run(JsonWriter &json, const Report &report, const RunReport &run) {
  const Scores scores = scores_of(run.tally.areas);
  json.object("settings", [&] {
    for (const auto &[name, value] : run.settings) json.text(name.c_str(), value);
  });
  json.text("device", run.model.device);
  json.text("precision", run.model.precision);
  json.text("activation", name_of(run.model.activation));
  json.text("activation-source", run.model.activation_source);
  json.integer("pictures", run.tally.evaluated);
  json.integer("looked-at", run.tally.done);
  json.real("seconds", run.tally.seconds);
  json.real("mIoU", 100.0 * scores.mean_iou);
  json.real("mAcc", 100.0 * scores.mean_accuracy);
  json.real("aAcc", 100.0 * scores.pixel_accuracy);
  if (run.published)
    json.real("published", *run.published);
  else
    json.nothing("published");
  json.texts("departures", run.departures);
  write_classes(json, report.classes, run.tally.areas, scores);
  write_problems(json, run.tally.problems);
}

}  // namespace

std::string problems_of(const Report &report) {
  std::string text;
  for (const std::string &sentence : all_problems(report).sentences(kFilesNamed))
    text += "- " + sentence + "\n";
  return text;
}

std::string markdown_of(const Report &report) {
  const std::vector<std::string> columns = varying(report);
  const std::string problems = problems_of(report);
  std::string text = "# " + report.title + "\n\n" + outcome_table(report, columns) + "\n";
  const auto evaluated = report.runs.front().tally.evaluated;
  text += printed("%s of the data set's %s with ground truth. Figures in percent.\n\n",
                  grouped(evaluated).c_str(), counted(report.pairs, "picture", "pictures").c_str());
  text += departures_of(report) + class_table(report) + "\n" + settings_table(report, columns);
  if (!problems.empty()) text += "\nWrong with the data set:\n\n" + problems;
  return text;
}

std::string json_of(const Report &report) {
  JsonWriter json;
  if (report.benchmark.empty())
    json.nothing("benchmark");
  else
    json.text("benchmark", report.benchmark);
  json.text("title", report.title);
  json.texts("folders", report.folders);
  json.text("model", report.model_path);
  json.text("model-sha256", report.model_sha256);
  json.integer("pictures-with-ground-truth", report.pairs);
  json.integer("pictures-to-evaluate", report.limit);
  write_problems(json, report.problems);
  json.list("runs", [&] {
    for (const RunReport &run : report.runs)
      json.object(nullptr, [&] { write_run(json, report, run); });
  });
  return json.finish(true) + "\n";
}

}  // namespace naclip::eval
