#include "model/tools/naclip-eval/eval_progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

constexpr std::size_t kBarWidth = 20;

std::size_t twentieths(std::size_t done, std::size_t total) {
  return total == 0 ? kBarWidth : kBarWidth * done / total;
}

}  // namespace

std::string progress_line(std::size_t done, std::size_t total, double rate) {
  const std::size_t filled = twentieths(done, total);
  const bool known = rate > 0.0;
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "] " +
         std::to_string(done) + "/" + std::to_string(total) + ", " +
         (known ? printed("%.2f", rate) : "?") + " a second, " +
         (known ? duration(static_cast<double>(total - done) / rate) : "?") + " left";
}

std::string mean_iou_text(double mean_iou) {
  return ", mIoU " + (std::isnan(mean_iou) ? "-" : printed("%.2f", 100.0 * mean_iou));
}

Progress::Progress(std::string title, std::size_t done, std::size_t total)
    : title_(std::move(title)),
      begin_(done),
      total_(total),
      twentieths_(twentieths(done, total)),
      terminal_(isatty(STDERR_FILENO) != 0) {}

void Progress::show(std::size_t done, const std::string &more) {
  const std::size_t now = twentieths(done, total_);
  if (!terminal_ && now == twentieths_) return;
  twentieths_ = now;
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start_;
  const double rate = time.count() > 0 ? static_cast<double>(done - begin_) / time.count() : 0.0;
  const std::string line = title_ + " " + progress_line(done, total_, rate) + more;
  // \033[K takes away what a longer line before left.
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", line.c_str());
}

void Progress::finish() {
  if (terminal_) std::fputc('\n', stderr);
}

}  // namespace naclip::eval
