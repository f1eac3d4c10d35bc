#include "launch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace naclip::pipelines {

Folder::Folder() {
  g_autoptr(GError) error = nullptr;
  g_autofree char *path = g_dir_make_tmp("naclip-XXXXXX", &error);
  if (!path) throw std::runtime_error(error->message);
  path_ = path;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Values with_tiny_model(const Values &values) {
  Values all{
      "MODEL=" NACLIP_TEST_DATA "/golden/tiny-openai.safetensors",
      "SEGMENT=input-size=64 window-size=0 refine-steps=2 refine-dilations=1,2 prompts=none"};
  all.insert(all.end(), values.begin(), values.end());
  return all;
}

Environment trace_leaks(const std::string &log) {
  return {{"GST_TRACERS", "leaks"},
          {"GST_DEBUG", "GST_TRACER:7"},
          {"GST_DEBUG_NO_COLOR", "1"},
          {"GST_DEBUG_FILE", log}};
}

void expect_no_leak(const std::string &log) {
  std::ifstream file(log);
  bool traced = false;
  for (std::string line; std::getline(file, line);) {
    // The tracer first says what its reports will look like.
    const bool format = line.find("new format string: ") != std::string::npos;
    traced |= format;
    EXPECT_TRUE(format || line.find("object-alive, ") == std::string::npos) << line;
  }
  EXPECT_TRUE(traced) << "the leaks tracer was not there";
}

Launch::Launch(const std::string &file, const Values &values, const Environment &environment) {
  std::vector<const char *> arguments{NACLIP_PIPELINES "/run.sh", file.c_str()};
  for (const std::string &value : values) arguments.push_back(value.c_str());
  // One by one: g++ 14 takes a list's insertion for an overflow.
  for (const char *last : {"--", "-m", static_cast<const char *>(nullptr)}) {
    arguments.push_back(last);
  }

  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(static_cast<GSubprocessFlags>(
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE));
  for (const auto &[name, value] : environment) {
    g_subprocess_launcher_setenv(launcher, name.c_str(), value.c_str(), true);
  }
  g_autoptr(GError) error = nullptr;
  process_ = g_subprocess_launcher_spawnv(launcher, arguments.data(), &error);
  if (!process_) throw std::runtime_error(error->message);
  lines_ = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_));
}

Launch::~Launch() {
  g_subprocess_force_exit(process_);
  g_clear_object(&lines_);
  g_clear_object(&process_);
}

bool Launch::read_line(std::string &line) {
  g_autofree char *text = g_data_input_stream_read_line(lines_, nullptr, nullptr, nullptr);
  if (!text) return false;
  line = text;
  output_ += line + "\n";
  return true;
}

bool Launch::wait_for(const std::string &text, int count) {
  for (std::string line; count > 0;) {
    if (!read_line(line)) return false;
    if (line.find(text) != std::string::npos) --count;
  }
  return true;
}

void Launch::interrupt() {
  g_subprocess_send_signal(process_, SIGINT);
}

int Launch::finish() {
  for (std::string line; read_line(line);) {
  }
  g_subprocess_wait(process_, nullptr, nullptr);
  return g_subprocess_get_if_exited(process_) ? g_subprocess_get_exit_status(process_)
                                              : 128 + g_subprocess_get_term_sig(process_);
}

std::size_t Launch::resident_memory() const {
  std::ifstream file(std::string("/proc/") + g_subprocess_get_identifier(process_) + "/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string run_launch(const std::string &file, const Values &values) {
  Launch launch(file, with_tiny_model(values));
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  return launch.output();
}

}  // namespace naclip::pipelines
