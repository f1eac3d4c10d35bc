#include "console.h"

#include <glib-unix.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

namespace naclip::live {
namespace {

/// A job in the background that reads from its terminal would be stopped.
bool may_read_input() {
  return isatty(STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/// Cut to what fits on one line of the terminal: a line that wraps cannot be rewritten.
std::string cut_to_width(const std::string &text) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return text;
  if (g_utf8_strlen(text.c_str(), -1) < size.ws_col) return text;
  return text.substr(
      0, static_cast<std::size_t>(g_utf8_offset_to_pointer(text.c_str(), size.ws_col - 1) -
                                  text.c_str()));
}

}  // namespace

Console::Console(std::function<void(const std::string &)> typed)
    : typed_(std::move(typed)), terminal_(isatty(STDOUT_FILENO) != 0) {
  if (may_read_input()) {
    watch_ =
        g_unix_fd_add(STDIN_FILENO, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), readable, this);
  }
}

Console::~Console() {
  if (watch_ != 0) g_source_remove(watch_);
}

void Console::status(const std::string &text) {
  if (!terminal_) {
    std::printf("%s\n", text.c_str());
  } else if (drawn_) {
    // Up to the status line and back to where the user types.
    std::printf("\0337\033[A\r\033[K%s\0338", cut_to_width(text).c_str());
  } else {
    std::printf("\r\033[K%s\n", cut_to_width(text).c_str());
  }
  drawn_ = terminal_;
  std::fflush(stdout);
}

void Console::say(const std::string &text) {
  if (terminal_ && drawn_) std::printf("\r\033[A\033[J");
  drawn_ = false;
  std::fflush(stdout);
  std::fprintf(stderr, "naclip-live: %s\n", text.c_str());
}

gboolean Console::readable(gint, GIOCondition, gpointer self) {
  auto *console = static_cast<Console *>(self);
  if (console->read_lines()) return G_SOURCE_CONTINUE;
  console->watch_ = 0;
  return G_SOURCE_REMOVE;
}

bool Console::read_lines() {
  std::array<char, 4096> bytes;
  const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) return false;
  pending_.append(bytes.data(), static_cast<std::size_t>(count));
  for (std::size_t end; (end = pending_.find('\n')) != std::string::npos;) {
    const std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    // The terminal has moved to a new line; what was drawn above stays where it is.
    drawn_ = false;
    typed_(line);
  }
  return true;
}

}  // namespace naclip::live
