// What tests of naclippublish share: temporary folders, programs, JSON read back.
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gtest/gtest.h>
#include <json-glib/json-glib.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "elements/support/ptr.h"

namespace naclip::testing {

/// Waits until `is_so`; false where it is not in a minute.
inline bool eventually(const std::function<bool()> &is_so) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// A folder that is removed with what is in it.
class Folder {
 public:
  Folder() {
    const GCharPtr path(g_dir_make_tmp("naclip-publish-XXXXXX", nullptr));
    path_ = path.get();
  }
  ~Folder() {
    GDir *folder = g_dir_open(path_.c_str(), 0, nullptr);
    while (const gchar *name = g_dir_read_name(folder)) g_remove(file(name).c_str());
    g_dir_close(folder);
    g_rmdir(path_.c_str());
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  std::string file(const std::string &name) const { return path_ + "/" + name; }
  void write(const std::string &name, const std::string &text) const {
    std::ofstream(file(name)) << text;
  }

 private:
  std::string path_;
};

inline std::vector<std::string> lines_of(std::istream &stream) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}
inline std::vector<std::string> lines_in(const std::string &file) {
  std::ifstream stream(file);
  return lines_of(stream);
}

/// What a program printed, and its exit status.
struct Outcome {
  int status;
  std::string printed;
};

/// Runs a program to its end, which is found as a shell finds it.
inline Outcome run_program(const std::vector<std::string> &words) {
  std::vector<const gchar *> arguments;
  for (const std::string &word : words) arguments.push_back(word.c_str());
  arguments.push_back(nullptr);
  const Ptr<GObject> process(
      G_OBJECT(g_subprocess_newv(arguments.data(),
                                 static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                               G_SUBPROCESS_FLAGS_STDERR_MERGE),
                                 nullptr)));
  if (process == nullptr) return {127, ""};
  gchar *printed = nullptr;
  g_subprocess_communicate_utf8(G_SUBPROCESS(process.get()), nullptr, nullptr, &printed, nullptr,
                                nullptr);
  const GCharPtr owner(printed);
  return {g_subprocess_get_if_exited(G_SUBPROCESS(process.get()))
              ? g_subprocess_get_exit_status(G_SUBPROCESS(process.get()))
              : -1,
          printed != nullptr ? printed : ""};
}

/// What a JSON text has at a path such as `$.regions[0].share`, as JSON; empty where it has nothing
/// there. A failure where the text is no JSON.
inline std::string at(const std::string &text, const std::string &path) {
  GError *error = nullptr;
  JsonNode *node = json_from_string(text.c_str(), &error);
  EXPECT_NE(node, nullptr) << text;
  if (node == nullptr) {
    g_clear_error(&error);
    return "";
  }
  JsonNode *found = json_path_query(path.c_str(), node, nullptr);
  const GCharPtr list(json_to_string(found, FALSE));
  json_node_unref(found);
  json_node_unref(node);
  const std::string matches = list.get();
  return matches.substr(1, matches.size() - 2);
}

/// The same without a string's quotes.
inline std::string text_at(const std::string &text, const std::string &path) {
  const std::string value = at(text, path);
  return value.starts_with('"') ? value.substr(1, value.size() - 2) : value;
}

/// Keeps every message that tests see, and has them checked by the schema at the end.
class SchemaCheck : public ::testing::Environment {
 public:
  static void add(const std::vector<std::string> &messages) {
    kept().insert(kept().end(), messages.begin(), messages.end());
  }

  static Outcome check(const std::vector<std::string> &messages) {
    const Folder folder;
    std::ofstream file(folder.file("messages.jsonl"));
    for (const std::string &message : messages) file << message << '\n';
    file.close();
    return run_program(
        {"/usr/bin/python3", NACLIP_CHECK_MESSAGES, NACLIP_SCHEMA, folder.file("messages.jsonl")});
  }

  void TearDown() override {
    if (kept().empty()) return;
    const Outcome outcome = check(kept());
    if (outcome.status == 77)
      std::cout << "The schema was not looked at: " << outcome.printed;
    else
      EXPECT_EQ(outcome.status, 0) << outcome.printed;
  }

 private:
  static std::vector<std::string> &kept() {
    static auto &messages = *new std::vector<std::string>;
    return messages;
  }
};

inline ::testing::Environment *const kSchemaCheck =
    ::testing::AddGlobalTestEnvironment(new SchemaCheck);

}  // namespace naclip::testing
