#include "process.h"

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

Process::Process(const std::vector<std::string> &arguments, const Environment &environment,
                 bool typing) {
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments) pointers.push_back(argument.c_str());
  pointers.push_back(nullptr);
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(static_cast<GSubprocessFlags>(
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE |
      (typing ? G_SUBPROCESS_FLAGS_STDIN_PIPE : G_SUBPROCESS_FLAGS_STDIN_INHERIT)));
  for (const auto &[name, value] : environment) {
    g_subprocess_launcher_setenv(launcher, name.c_str(), value.c_str(), true);
  }
  g_autoptr(GError) error = nullptr;
  process_ = g_subprocess_launcher_spawnv(launcher, pointers.data(), &error);
  if (!process_) throw std::runtime_error(error->message);
  lines_ = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_));
}

Process::~Process() {
  g_subprocess_force_exit(process_);
  g_clear_object(&lines_);
  g_clear_object(&process_);
}

bool Process::read_line() {
  g_autofree char *text = g_data_input_stream_read_line(lines_, nullptr, nullptr, nullptr);
  if (!text) return false;
  line_ = text;
  output_ += line_ + "\n";
  return true;
}

bool Process::wait_for(const std::string &text, int count) {
  while (count > 0) {
    if (!read_line()) return false;
    if (line_.find(text) != std::string::npos) --count;
  }
  return true;
}

void Process::type(const std::string &line) {
  const std::string text = line + "\n";
  GOutputStream *input = g_subprocess_get_stdin_pipe(process_);
  g_autoptr(GError) error = nullptr;
  if (!g_output_stream_write_all(input, text.data(), text.size(), nullptr, nullptr, &error)) {
    throw std::runtime_error(error->message);
  }
}

void Process::end_typing() {
  g_output_stream_close(g_subprocess_get_stdin_pipe(process_), nullptr, nullptr);
}

void Process::interrupt() {
  g_subprocess_send_signal(process_, SIGINT);
}

void Process::kill() {
  g_subprocess_force_exit(process_);
}

int Process::finish() {
  while (read_line()) {
  }
  g_subprocess_wait(process_, nullptr, nullptr);
  return g_subprocess_get_if_exited(process_) ? g_subprocess_get_exit_status(process_)
                                              : 128 + g_subprocess_get_term_sig(process_);
}

std::size_t Process::resident_memory() const {
  std::ifstream file(std::string("/proc/") + g_subprocess_get_identifier(process_) + "/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace naclip::pipelines
