// How far a run is, on the terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace naclip::eval {

/// "[####------] 40/100, 2.00 a second, 0:30 left"; rate and time left are "?" where nothing is known
/// of them yet.
std::string progress_line(std::size_t done, std::size_t total, double rate);

/// ", mIoU 12.34". mean_iou: 0 to 1, or NaN.
std::string mean_iou_text(double mean_iou);

/// Writes to standard error: one line that is written anew on a terminal, else a line for every
/// twentieth of the whole.
class Progress {
 public:
  /// `done` were there before: they say nothing of the rate.
  Progress(std::string title, std::size_t done, std::size_t total);

  /// `more` is written behind the line.
  void show(std::size_t done, const std::string &more = {});
  /// Ends the line.
  void finish();

 private:
  std::string title_;
  std::size_t begin_, total_;
  std::size_t twentieths_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace naclip::eval
