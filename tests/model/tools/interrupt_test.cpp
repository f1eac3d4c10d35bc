// Ctrl-C in the middle of a run.
#include <fcntl.h>
#include <gio/gio.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "eval_files.h"

namespace naclip::eval {
namespace {

TEST(Interrupt, KeepsWhatWasDoneAndSaysSo) {
  const test::TemporaryFolder folder;
  const std::vector<std::uint16_t> labels(400, 1);
  for (const std::string name : {"a", "b", "c"}) {
    test::write_mask(folder / ("m/" + name + ".png"), {20, 20, labels});
    test::write_picture(folder / ("p/" + name + ".png"), 20, 20, 1);
  }
  // The second picture is a pipe: the program waits there until this test writes into it.
  std::filesystem::remove(folder / "p/b.png");
  ASSERT_EQ(mkfifo((folder / "p/b.png").c_str(), 0600), 0);
  test::write_text(folder / "words.txt", "cat; dog");
  std::vector<std::string> arguments = test::tiny_model_arguments();
  for (const std::string &argument :
       {std::string("--input-size"), std::string("64"), std::string("--images"), folder / "p",
        std::string("--masks"), folder / "m", std::string("--vocabulary"), folder / "words.txt",
        std::string("--output"), folder / "out"})
    arguments.push_back(argument);
  std::vector<const char *> argv{NACLIP_EVAL};
  for (const std::string &argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  g_autoptr(GSubprocess) process =
      g_subprocess_newv(argv.data(), G_SUBPROCESS_FLAGS_STDERR_PIPE, nullptr);
  ASSERT_NE(process, nullptr);
  g_autoptr(GDataInputStream) errors =
      g_data_input_stream_new(g_subprocess_get_stderr_pipe(process));
  // Opens once the program has opened the other end, and so is at work on the second picture.
  const int pipe = open((folder / "p/b.png").c_str(), O_WRONLY);
  ASSERT_GE(pipe, 0);
  // g_subprocess_send_signal() would leave it to another thread, and the run might end before.
  ASSERT_EQ(kill(static_cast<pid_t>(std::stol(g_subprocess_get_identifier(process))), SIGINT), 0);
  close(pipe);
  std::string said;
  while (gchar *line = g_data_input_stream_read_line(errors, nullptr, nullptr, nullptr)) {
    said += std::string(line) + "\n";
    g_free(line);
  }
  ASSERT_TRUE(g_subprocess_wait(process, nullptr, nullptr));
  ASSERT_TRUE(g_subprocess_get_if_exited(process)) << said;
  EXPECT_EQ(g_subprocess_get_exit_status(process), 130) << said;
  EXPECT_NE(said.find("stopped after 2 of 3 pictures"), std::string::npos) << said;
  const std::string state = test::read_text(folder / "out/state-naclip-reduced.json");
  EXPECT_NE(state.find("\"done\":2"), std::string::npos) << state;
  EXPECT_FALSE(std::filesystem::exists(folder / "out/report.json"));
}

}  // namespace
}  // namespace naclip::eval
