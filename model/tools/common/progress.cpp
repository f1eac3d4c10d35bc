#include "model/tools/common/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace naclip {
namespace {

// The rate is that of the last seconds: long enough to be steady, short enough to follow.
constexpr double kRateSeconds = 5.0;
constexpr double kRedrawSeconds = 0.1;
constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 8;
constexpr std::size_t kBrackets = 4;  // "[", "]" and the two spaces after

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string amount_text(Unit unit, std::uint64_t amount) {
  return unit == Unit::kBytes ? size_text(amount) : std::to_string(amount);
}

std::string rate_text(Unit unit, double per_second) {
  return (unit == Unit::kBytes ? size_text(static_cast<std::uint64_t>(per_second))
                               : decimal(per_second, 2)) +
         "/s";
}

/// The columns of the terminal that standard error is; 0 where it goes elsewhere.
std::size_t terminal_columns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize window = {};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return known ? window.ws_col : 80;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double value = static_cast<double>(bytes) / 1000;
  const char *unit = "kB";
  for (const char *larger : {"MB", "GB", "TB", "PB", "EB"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return decimal(value, value < 9.95 ? 1 : 0) + " " + unit;
}

std::string time_text(double seconds) {
  const auto whole = static_cast<unsigned long long>(std::llround(std::max(seconds, 0.0)));
  if (whole < 60) return std::to_string(whole) + " s";
  std::array<char, 64> text{};
  if (whole < 3600)
    std::snprintf(text.data(), text.size(), "%llu:%02llu", whole / 60, whole % 60);
  else
    std::snprintf(text.data(), text.size(), "%llu:%02llu:%02llu", whole / 3600, whole / 60 % 60,
                  whole % 60);
  return text.data();
}

std::string progress_text(const ProgressState &state, std::size_t columns) {
  const std::uint64_t done = state.total > 0 ? std::min(state.done, state.total) : state.done;
  const double part =
      state.total > 0 ? static_cast<double>(done) / static_cast<double>(state.total) : 0.0;
  std::string figures;
  if (state.total > 0) {
    // Rounded down: 100 % is said of the whole alone.
    const std::string percent = std::to_string(static_cast<int>(100 * part));
    figures = std::string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent + " %  " +
              amount_text(state.unit, done) + " of " + amount_text(state.unit, state.total);
  } else {
    figures = amount_text(state.unit, done);
  }
  if (state.per_second > 0) {
    figures += "  " + rate_text(state.unit, state.per_second);
    if (state.total > done)
      figures +=
          "  " + time_text(static_cast<double>(state.total - done) / state.per_second) + " left";
  }
  if (!state.note.empty()) figures += "  " + state.note;
  std::string line = state.label + "  ";
  const std::size_t others = line.size() + figures.size() + kBrackets;
  if (state.total > 0 && others + kNarrowestBar <= columns) {
    const std::size_t width = std::min(kWidestBar, columns - others);
    const auto full = static_cast<std::size_t>(part * static_cast<double>(width));
    line += "[" + std::string(full, '#') + std::string(width - full, '-') + "]  ";
  }
  line += figures;
  return columns > 0 ? line.substr(0, columns) : line;
}

Progress::Progress(std::string label, Unit unit, std::size_t columns, Output output)
    : label_(std::move(label)), unit_(unit), columns_(columns), output_(std::move(output)) {}

Progress::Progress(std::string label, Unit unit)
    : Progress(std::move(label), unit, terminal_columns(),
               [](const std::string &text) { std::fputs(text.c_str(), stderr); }) {}

double Progress::rate(const Sample &now) {
  // Work that begins anew makes all samples before it void.
  if (!samples_.empty() && now.done < samples_.back().done) samples_.clear();
  samples_.push_back(now);
  while (samples_.size() > 2 && samples_[1].seconds <= now.seconds - kRateSeconds)
    samples_.pop_front();
  const double time = now.seconds - samples_.front().seconds;
  return time > 0 ? static_cast<double>(now.done - samples_.front().done) / time : 0.0;
}

void Progress::update(std::uint64_t done, std::uint64_t total, double seconds,
                      const std::string &note) {
  const ProgressState state{label_, unit_, done, total, rate({seconds, done}), note};
  if (columns_ > 0)
    draw(state, seconds);
  else
    print_tenth(state);
}

void Progress::update(std::uint64_t done, std::uint64_t total, const std::string &note) {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  update(done, total, now.count(), note);
}

void Progress::draw(const ProgressState &state, double seconds) {
  const bool whole = state.total > 0 && state.done == state.total;
  if (!whole && !line_.empty() && seconds - drawn_ < kRedrawSeconds) return;
  // The last column stays free: a cursor behind it would be on the next line.
  const std::string line = progress_text(state, std::max<std::size_t>(columns_ - 1, 1));
  if (line == line_) return;
  const std::size_t leftover = line_.size() > line.size() ? line_.size() - line.size() : 0;
  output_("\r" + line + std::string(leftover, ' '));
  drawn_ = seconds;
  line_ = line;
}

void Progress::print_tenth(const ProgressState &state) {
  if (state.total == 0) return;
  const auto tenths = static_cast<std::uint64_t>(10.0 * static_cast<double>(state.done) /
                                                 static_cast<double>(state.total));
  if (tenths == tenths_) return;
  tenths_ = tenths;
  output_(progress_text(state, 0) + "\n");
}

void Progress::say(const std::string &line) {
  finish();
  output_(line + "\n");
}

void Progress::finish() {
  if (!line_.empty()) output_("\n");
  line_.clear();
}

}  // namespace naclip
