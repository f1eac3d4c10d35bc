// What users see of naclipsegment's progress messages.
#include "examples/progress_line.h"

#include <gtest/gtest.h>

#include <fstream>

#include "process.h"

namespace naclip::pipelines {
namespace {

using examples::ProgressLine;

TEST(ProgressLine, HasABarAndTheTimeLeft) {
  ProgressLine progress(true);
  EXPECT_EQ(progress.line("load", "loading the model", 0), "loading the model");
  EXPECT_EQ(progress.line("encode", "encoding words: 0 of 300", 5),
            "encoding words [--------------------] 0 of 300");
  EXPECT_EQ(progress.line("encode", "encoding words: 120 of 300", 9),
            "encoding words [########------------] 120 of 300, 6 s left");
  EXPECT_EQ(progress.line("encode", "encoding words: 300 of 300", 15),
            "encoding words [####################] 300 of 300");
}

TEST(ProgressLine, CountsTheTimeOfEachCodeAndOfEachRun) {
  ProgressLine progress(true);
  progress.line("load", "reading: 1 of 10", 0);
  EXPECT_EQ(progress.line("encode", "words: 5 of 10", 100), "words [##########----------] 5 of 10");
  EXPECT_EQ(progress.line("encode", "words: 1 of 10", 200), "words [##------------------] 1 of 10");
  EXPECT_EQ(progress.line("encode", "words: 2 of 10", 201),
            "words [####----------------] 2 of 10, 8 s left");
}

TEST(ProgressLine, SaysNothingOfFiguresThatMakeNoSense) {
  ProgressLine progress(true);
  EXPECT_EQ(progress.line("encode", "words: 0 of 0", 0), "words [--------------------] 0 of 0");
  EXPECT_EQ(progress.line("encode", "words: 7 of 3", 1), "words [####################] 7 of 3");
  EXPECT_EQ(progress.line("encode", "99999999999999999999 of 3", 1), "99999999999999999999 of 3");
}

TEST(ProgressLine, ElsewhereComesEveryTenSeconds) {
  ProgressLine progress(false);
  EXPECT_FALSE(progress.line("load", "loading the model", 0));
  EXPECT_FALSE(progress.line("encode", "words: 1 of 10", 9));
  EXPECT_TRUE(progress.line("encode", "words: 2 of 10", 10));
  EXPECT_FALSE(progress.line("encode", "words: 3 of 10", 19));
  EXPECT_TRUE(progress.line("encode", "words: 4 of 10", 20));
}

TEST(ProgressLine, OfARunOfGstLaunchIsPassedOnInAnyLanguage) {
  Folder folder;
  std::ofstream(folder.file("messages"))
      << "Nachricht #6 von Element »segment« (progress) erhalten: GstMessageProgress, "
         "type=(GstProgressType)continue, code=(string)encode, "
         "text=(string)\"encoding\\ words:\\ 120\\ of\\ 300\", percent=(int)40, timeout=(int)-1;\n";
  // script gives the program a terminal.
  Process terminal(
      {"/usr/bin/script", "-qec",
       "" NACLIP_FIGURES " none.mkv none.png <" + folder.file("messages"), "/dev/null"},
      {{"TERM", "xterm"}});
  const int status = terminal.finish();
  if (terminal.output().find("pseudo") != std::string::npos)
    GTEST_SKIP() << "this system gives no pseudo-terminals";
  EXPECT_EQ(status, 1);
  EXPECT_NE(terminal.output().find("encoding words [########------------] 120 of 300"),
            std::string::npos)
      << terminal.output();
}

}  // namespace
}  // namespace naclip::pipelines
