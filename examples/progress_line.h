// How far naclipsegment is with what it does before the first mask, for people.
#pragma once

#include <optional>
#include <string>

namespace naclip::examples {

/// Makes lines out of the texts of naclipsegment's progress messages.
class ProgressLine {
 public:
  /// On a terminal, where a line is rewritten in place, each text gives one; elsewhere there are
  /// ten seconds between two of them, and before the first.
  explicit ProgressLine(bool terminal) : terminal_(terminal) {}

  /// "encoding words: 120 of 300" becomes "encoding words [########------------] 120 of 300, 7 s
  /// left"; the time left follows from what was done since the first text of this code. Texts
  /// without such figures stay as they are. `seconds` is the time since any fixed moment; it never
  /// goes back. Empty where no line is due.
  std::optional<std::string> line(const std::string &code, const std::string &text, double seconds);

 private:
  std::string with_bar(const std::string &text, double seconds);

  bool terminal_;
  std::string code_;
  std::optional<double> last_line_;    // when
  unsigned long long first_done_ = 0;  // as the first figures of this code said
  std::optional<double> first_seconds_;
};

}  // namespace naclip::examples
