#include "progress_line.h"

#include <algorithm>
#include <regex>

#include "model/tools/common/progress.h"

namespace naclip::examples {
namespace {

constexpr double kSecondsBetweenLines = 10;
constexpr std::size_t kBarWidth = 20;

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(kBarWidth * part);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '-') + "]";
}

}  // namespace

std::optional<std::string> ProgressLine::line(const std::string &code, const std::string &text,
                                              double seconds) {
  if (code != code_) first_seconds_.reset();
  code_ = code;
  const std::string line = with_bar(text, seconds);
  if (!last_line_) last_line_ = seconds;
  if (!terminal_ && seconds - *last_line_ < kSecondsBetweenLines) return std::nullopt;
  last_line_ = seconds;
  return line;
}

std::string ProgressLine::with_bar(const std::string &text, double seconds) {
  static const std::regex kFigures(R"((.*?):? (\d{1,18}) of (\d{1,18}))");
  std::smatch found;
  if (!std::regex_match(text, found, kFigures)) return text;
  const unsigned long long total = std::stoull(found[3]),
                           done = std::min(std::stoull(found[2]), total);
  if (!first_seconds_ || done < first_done_) {
    first_done_ = done;
    first_seconds_ = seconds;
  }
  const double part = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  std::string line =
      found[1].str() + " " + bar(part) + " " + found[2].str() + " of " + found[3].str();
  if (done > first_done_ && done < total) {
    const double each = (seconds - *first_seconds_) / static_cast<double>(done - first_done_);
    line += ", " + time_text(each * static_cast<double>(total - done)) + " left";
  }
  return line;
}

}  // namespace naclip::examples
