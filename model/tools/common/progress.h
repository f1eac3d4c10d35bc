// How far a piece of work is, for people.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace naclip {

/// "351 MB", "1.4 MB", "12 kB", "3 bytes"; decimal units, as disks and download pages count.
std::string size_text(std::uint64_t bytes);

/// "7 s", "2:05", "1:02:05".
std::string time_text(double seconds);

/// What is counted.
enum class Unit {
  kBytes,  ///< "175 MB of 350 MB", "10 MB/s"
  kItems,  ///< "40 of 100", "2.00/s"
};

/// What is known of the work at one moment.
struct ProgressState {
  std::string label;
  Unit unit = Unit::kBytes;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0: not known
  double per_second = 0.0;  ///< 0: not known yet
  std::string note;         ///< what is said behind all else
};

/// One line of at most `columns` characters: label, bar, percent, amounts, rate, time left, note.
/// Where it does not fit, the bar goes first. 0 columns: a line of any length without a bar.
std::string progress_text(const ProgressState &state, std::size_t columns);

/// Shows it: a bar that redraws itself on a terminal, elsewhere a plain line for every tenth of the
/// whole.
class Progress {
 public:
  using Output = std::function<void(const std::string &)>;

  /// `columns` is the terminal's width, 0 where there is none. Text goes to `output`.
  Progress(std::string label, Unit unit, std::size_t columns, Output output);

  /// On standard error, and on its terminal where it has one.
  Progress(std::string label, Unit unit);

  /// `seconds` is the time since any fixed moment; it never goes back. What was done at the first
  /// call says nothing of the rate.
  void update(std::uint64_t done, std::uint64_t total, double seconds,
              const std::string &note = {});
  /// Now.
  void update(std::uint64_t done, std::uint64_t total, const std::string &note = {});

  /// A line between the bar's redrawings.
  void say(const std::string &line);

  /// Leaves the last state on a line of its own.
  void finish();

 private:
  struct Sample {
    double seconds;
    std::uint64_t done;
  };

  double rate(const Sample &now);
  void draw(const ProgressState &state, double seconds);
  void print_tenth(const ProgressState &state);

  std::string label_;
  Unit unit_;
  std::size_t columns_;
  Output output_;
  std::deque<Sample> samples_;  // of the last seconds
  double drawn_ = -1.0;         // when
  std::string line_;            // the bar as it stands on the terminal; empty: none does
  std::uint64_t tenths_ = 0;    // printed already
};

}  // namespace naclip
