// Messages as lines of a file.
#pragma once

#include <string>

#include "elements/publish/sink.h"

namespace naclip {

/// Adds lines to the end of a file, which it makes where there is none; `-` is standard output. Each
/// line is with the system when send() returns.
class FileSink : public Sink {
 public:
  FileSink(std::string location, Waker &waker) : location_(std::move(location)), waker_(waker) {}
  ~FileSink() override { close_file(); }

  /// Opens the file, so that a wrong path is told at start. Throws Error{kWrite}.
  void prepare() override;
  void open() override {}
  std::size_t window() const override { return 1; }
  /// Throws Error{kWrite}. Where a part of the line was written, it is taken back.
  void send(const Message &message) override;
  std::size_t serve() override;
  void close(const Message &last) noexcept override;
  /// Throws Error{kWrite}, and so does send() until the file can be opened.
  void reopen() override;

 private:
  void open_file();
  void close_file();

  const std::string location_;
  Waker &waker_;
  int file_ = -1;
  std::size_t written_ = 0;
};

}  // namespace naclip
