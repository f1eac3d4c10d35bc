// What the user sees and types.
#pragma once

#include <glib.h>

#include <functional>
#include <string>

namespace naclip::live {

/// One status line, messages, and lines typed. On a terminal the status line is rewritten in place,
/// above the line that is being typed; elsewhere each is a line of its own.
class Console {
 public:
  /// `typed` is called from the default main context for each line of the standard input, whose end
  /// changes nothing.
  explicit Console(std::function<void(const std::string &line)> typed);
  ~Console();
  Console(const Console &) = delete;
  Console &operator=(const Console &) = delete;

  bool on_terminal() const { return terminal_; }

  /// Replaces the status line.
  void status(const std::string &text);
  /// Something that happened, on the standard error.
  void say(const std::string &text);

 private:
  static gboolean readable(gint handle, GIOCondition condition, gpointer self);
  bool read_lines();

  std::function<void(const std::string &)> typed_;
  bool terminal_;       ///< whether the standard output is one
  bool drawn_ = false;  ///< whether the line above the cursor is the status line
  guint watch_ = 0;
  std::string pending_;  ///< what was read of a line that has not ended yet
};

}  // namespace naclip::live
