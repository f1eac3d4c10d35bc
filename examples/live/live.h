// The program: a source, what becomes of its frames, and a user who watches and types.
#pragma once

#include <glib.h>

#include <atomic>
#include <memory>
#include <string>

#include "console.h"
#include "examples/live/stream/frame_rate.h"
#include "examples/live/stream/output.h"
#include "examples/live/stream/source.h"
#include "examples/live/web/page.h"
#include "examples/progress_line.h"
#include "options.h"

namespace naclip::live {

class Live {
 public:
  /// Throws UsageError and std::runtime_error.
  explicit Live(Options options);
  ~Live();
  Live(const Live &) = delete;
  Live &operator=(const Live &) = delete;

  /// Until the user or the source ends it. The exit status: 0 where it went as wanted, else 1.
  int run();

 private:
  static gboolean on_interrupt(gpointer self);
  static gboolean on_loaded(gpointer self);
  static gboolean on_tick(gpointer self);
  static gboolean on_retry(gpointer self);
  static gboolean on_patience_lost(gpointer self);

  void source_broken(const std::string &why);
  void source_ended();
  void message(GstMessage *message);
  void error_message(GstMessage *message);
  void element_message(const GstStructure &structure);
  void progress_message(GstMessage *message);
  void typed(const std::string &line);
  void command(const std::string &line);
  void record();
  void show_stats();
  /// Says where the page is, and who can reach it.
  void show_page();

  /// Lets what is in work finish; a failure's status stays.
  void finish(int status);
  void sum_up();

  const Options options_;
  GMainLoop *loop_;
  GstClock *clock_;
  Console console_;
  Output output_;
  Source source_;
  std::unique_ptr<web::Page> page_;
  examples::ProgressLine progress_;

  std::atomic<bool> frame_seen_{false};  // since the last start of the source
  bool ever_seen_ = false;
  bool finishing_ = false;
  bool loading_ = false;
  std::string busy_with_;  // what naclipsegment does beside its frames; empty: nothing
  int status_ = 0;
  guint retry_ = 0;
  guint pause_ = 1;  // before the next try, seconds
  FrameRate rate_;   // from one status line to the next
  gint64 started_ = 0;
};

}  // namespace naclip::live
