#include "model/tools/naclip-eval/comparison.h"

#include <algorithm>

#include "model/tools/common/json_writer.h"
#include "model/tools/naclip-eval/eval_task.h"
#include "model/tools/naclip-eval/methods.h"
#include "model/tools/naclip-eval/table.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

using Figures = std::vector<std::optional<double>>;

std::optional<double> mean_of(const Figures &figures) {
  double sum = 0.0;
  int count = 0;
  for (const auto &one : figures)
    if (one) {
      sum += *one;
      ++count;
    }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

Figures ours(const Comparison &comparison, std::size_t run) {
  Figures figures;
  for (const auto &one : comparison.found)
    figures.push_back(one ? std::optional(one->at(run)) : std::nullopt);
  return figures;
}

/// What is printed for a run on the benchmarks that were found, and its mean.
struct Printed {
  Figures figures;
  std::optional<double> mean;
};

std::optional<Printed> published(const Comparison &comparison, const RunChoice &run) {
  const PublishedMethod *method = published_method(run.attention, run.refine);
  if (method == nullptr) return std::nullopt;
  Printed printed{Figures(comparison.benchmarks.size()), std::nullopt};
  if (is_vit_b_16(comparison.model) && method->figures) {
    for (std::size_t i = 0; i < comparison.benchmarks.size(); ++i)
      if (comparison.found[i])
        printed.figures[i] =
            method->figures->at(index_of(benchmark_named(comparison.benchmarks[i])));
    printed.mean = mean_of(printed.figures);
  }
  // The mean over all eight, which some print alone, stands beside ours over all eight only.
  const bool whole = comparison.benchmarks.size() == benchmarks().size() &&
                     std::all_of(comparison.found.begin(), comparison.found.end(),
                                 [](const auto &one) { return one.has_value(); });
  if (whole && is_vit_b_16(comparison.model)) printed.mean = method->mean;
  if (whole && is_vit_l_14(comparison.model)) printed.mean = method->large_mean;
  if (!printed.mean) return std::nullopt;
  return printed;
}

std::string cell(const std::optional<double> &figure) {
  return figure ? printed("%.2f", *figure) : "-";
}

void add_row(std::vector<TableRow> &rows, TableRow row, const Figures &figures,
             const std::optional<double> &mean) {
  for (const auto &figure : figures) row.push_back(cell(figure));
  row.push_back(cell(mean));
  rows.push_back(std::move(row));
}

void write_figures(JsonWriter &json, const char *name, const Comparison &comparison,
                   const Figures &figures, const std::optional<double> &mean) {
  const auto write = [&](const char *key, const std::optional<double> &figure) {
    figure ? json.real(key, *figure) : json.nothing(key);
  };
  json.object(name, [&] {
    for (std::size_t i = 0; i < figures.size(); ++i)
      write(comparison.benchmarks[i].c_str(), figures[i]);
    write("mean", mean);
  });
}

}  // namespace

std::string markdown_of(const Comparison &comparison) {
  std::vector<TableRow> rows{{"attention", "refine", "mIoU"}};
  for (const std::string &name : comparison.benchmarks) rows[0].push_back(name);
  rows[0].emplace_back("mean");
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const RunChoice &run = comparison.runs[i];
    const Figures figures = ours(comparison, i);
    add_row(rows, {name_of(run.attention), name_of(run.refine), "ours"}, figures, mean_of(figures));
    if (const auto theirs = published(comparison, run))
      add_row(rows, {"", "", "published"}, theirs->figures, theirs->mean);
  }
  std::string text = "# Methods compared\n\n" + table(std::move(rows), 3) + "\n";
  text += comparison.as_published
              ? "Ours: with the constants that each method's authors chose for single benchmarks.\n"
              : "Ours: one protocol for all methods, the words, windows, scale and thresholds of "
                "arXiv 2404.08181.\nPublished: with constants that authors chose for single "
                "benchmarks; --as-published takes these.\n";
  for (const std::string &note : comparison.notes) text += "- " + note + "\n";
  return text;
}

std::string json_of(const Comparison &comparison) {
  JsonWriter json;
  json.flag("as-published", comparison.as_published);
  json.texts("notes", comparison.notes);
  json.list("methods", [&] {
    for (std::size_t i = 0; i < comparison.runs.size(); ++i)
      json.object(nullptr, [&] {
        const RunChoice &run = comparison.runs[i];
        json.text("attention", name_of(run.attention));
        json.text("architecture", name_of(run.architecture));
        json.text("refine", name_of(run.refine));
        const Figures figures = ours(comparison, i);
        write_figures(json, "mIoU", comparison, figures, mean_of(figures));
        if (const auto theirs = published(comparison, run))
          write_figures(json, "published", comparison, theirs->figures, theirs->mean);
        else
          json.nothing("published");
      });
  });
  return json.finish(true) + "\n";
}

}  // namespace naclip::eval
