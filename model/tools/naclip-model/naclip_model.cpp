// naclip-model: fetches published models, describes checkpoints and makes random ones.
#include <glib.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model/base/published_models.h"
#include "model/error.h"
#include "model/process/interrupted.h"
#include "model/tools/common/command_line.h"
#include "model/tools/common/progress.h"
#include "model/tools/naclip-model/checkpoint_text.h"
#include "model/tools/naclip-model/fetch.h"
#include "model/tools/naclip-model/random_checkpoint.h"

namespace {

using namespace naclip;

// Also in the text of --help.
constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kMisused = 2;
constexpr int kInterrupted = 128 + SIGINT;

constexpr const char *kDescription =
    "Commands:\n"
    "  fetch NAME...  download published models and the vocabulary they need into the cache\n"
    "  list           list the published models and show which are downloaded\n"
    "  info FILE...   describe checkpoints: layout, sizes, precision, activation, vocabulary\n"
    "  random NAME FILE\n"
    "                 write a checkpoint of a published model's sizes with random weights\n"
    "\n"
    "naclip-model COMMAND --help describes a command.\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong command line, 130 interrupted.\n";

constexpr const char *kFetchDescription =
    "A file is downloaded as FILE.part and renamed when its SHA-256 is the published one. If the\n"
    "download is interrupted, the same command resumes it. NAME may also be \"vocabulary\", to\n"
    "fetch that alone for a checkpoint from elsewhere.\n"
    "\n"
    "Environment:\n"
    "  XDG_CACHE_HOME        files are kept in its folder naclip (default ~/.cache)\n"
    "  NACLIP_MODEL_MIRROR   base URL of another server: BASE/ViT-B-16.pt is tried,\n"
    "                        then BASE/clip/models/SHA-256/ViT-B-16.pt\n"
    "  http_proxy, https_proxy, all_proxy, no_proxy   as with curl\n"
    "  CURL_CA_BUNDLE, SSL_CERT_FILE                  certificates to trust\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong command line, 130 interrupted.\n";

constexpr const char *kRandomDescription =
    "NAME is the name of a published model, such as ViT-B/16. FILE is written as safetensors in\n"
    "float16. Its size and speed are those of the published model, but it recognises nothing: use\n"
    "it for benchmarks and tests. The same seed gives the same bytes on every machine. FILE "
    "appears\n"
    "once it is complete. An existing FILE is kept unless --force is given.\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong command line, 130 interrupted.\n";

volatile std::sig_atomic_t interrupted = 0;

void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  // No SA_RESTART: what waits shall wake up. A second Ctrl-C ends the program where it stands.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // The write that meets the file size limit, or a closed pipe, shall fail and be reported.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

void print_error(const std::string &text) {
  std::fprintf(stderr, "naclip-model: %s\n", text.c_str());
}

/// A command's arguments, after its options were taken out. `entries` end with an empty one.
std::vector<std::string> parse(int argc, char **argv, const char *parameters,
                               const char *description, const GOptionEntry *entries = nullptr) {
  g_autoptr(GOptionContext) context = g_option_context_new(parameters);
  g_option_context_set_description(context, description);
  if (entries != nullptr) g_option_context_add_main_entries(context, entries, nullptr);
  return take_options(context, argc, argv);
}

const PublishedFile *published(const std::string &name) {
  if (const PublishedFile *found = find_published(name); found != nullptr) return found;
  const PublishedFile *meant = guess_published(name);
  throw Error(ErrorKind::kSettings, "There is no published model " + name + ". " +
                                        (meant != nullptr ? "Did you mean " + meant->name + "?"
                                                          : "Use " + published_names()));
}

/// As published(), but a model and not the vocabulary.
const PublishedFile &published_model(const std::string &name) {
  const PublishedFile *found = published(name);
  if (found != &published_vocabulary()) return *found;
  throw Error(ErrorKind::kSettings, "The vocabulary is not a model. Use " + published_names());
}

/// The files that fetching these models takes: small ones first, none twice.
std::vector<const PublishedFile *> files_for(const std::vector<std::string> &names) {
  std::vector<const PublishedFile *> files{&published_vocabulary()};
  for (const std::string &name : names) {
    const PublishedFile *file = published(name);
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  return files;
}

/// Fetches one file and shows how that goes.
Downloaded fetch_shown(const PublishedFile &file, const std::string &mirror, bool quiet) {
  Progress progress(file.file, Unit::kBytes);
  DownloadOptions options;
  options.give_up = [] { return interrupted != 0; };
  if (!quiet) {
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      progress.update(done, total);
    };
    options.say = [&](const std::string &line) { progress.say(line); };
  }
  try {
    const Downloaded outcome = fetch(file, published_folder(), mirror, options);
    progress.finish();
    return outcome;
  } catch (...) {
    progress.finish();
    throw;
  }
}

int fetch_command(int argc, char **argv) {
  gboolean quiet = FALSE;
  const std::array entries{
      GOptionEntry{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print errors only", nullptr},
      GOptionEntry{}};
  const std::vector<std::string> names =
      parse(argc, argv, "NAME... - fetch published models and their vocabulary", kFetchDescription,
            entries.data());
  if (names.empty()) throw Error(ErrorKind::kSettings, "Name a model: " + published_names());
  const std::vector<const PublishedFile *> files = files_for(names);
  const char *mirror = g_getenv("NACLIP_MODEL_MIRROR");
  std::span<const PublishedFile *const> missing = files;
  try {
    for (const PublishedFile *file : files) {
      const Downloaded outcome =
          fetch_shown(*file, mirror != nullptr ? mirror : "", quiet != FALSE);
      if (quiet == FALSE)
        std::printf("%s %s: %s\n", file->name.c_str(),
                    outcome == Downloaded::kFetched ? "fetched" : "already there and intact",
                    published_path(*file).c_str());
      missing = missing.subspan(1);
    }
  } catch (const Error &error) {
    print_error(error.what());
    if (error.kind() == ErrorKind::kNetwork)
      std::fputs(manual_steps(missing, published_folder()).c_str(), stderr);
    return kFailed;
  }
  return kDone;
}

/// "351 MB" where the file is here, "12 kB so far" where a part of it is, else "-".
std::string held_text(const PublishedFile &file) {
  const std::string path = published_path(file);
  std::error_code missing;
  if (const auto size = std::filesystem::file_size(path, missing); !missing) return size_text(size);
  const auto size = std::filesystem::file_size(path + ".part", missing);
  return missing ? "-" : size_text(size) + " so far";
}

int list_command(int argc, char **argv) {
  const std::vector<std::string> names =
      parse(argc, argv, "- list the published models and show which are downloaded",
            "The last column is the path of a downloaded model, or the command that fetches it.\n");
  if (!names.empty()) throw Error(ErrorKind::kSettings, "list takes no arguments");
  std::printf("%-16s%-10s%-16s%s\n", "NAME", "SIZE", "DOWNLOADED", "PATH OR COMMAND");
  std::vector<const PublishedFile *> files;
  for (const PublishedFile &model : published_models()) files.push_back(&model);
  files.push_back(&published_vocabulary());
  for (const PublishedFile *file : files) {
    const std::string path = published_path(*file);
    const bool here = g_file_test(path.c_str(), G_FILE_TEST_EXISTS) != FALSE;
    std::printf("%-16s%-10s%-16s%s\n", file->name.c_str(),
                size_text(static_cast<std::uint64_t>(file->megabytes * 1e6)).c_str(),
                held_text(*file).c_str(),
                here ? path.c_str() : ("naclip-model fetch " + file->name).c_str());
  }
  return kDone;
}

int info_command(int argc, char **argv) {
  const std::vector<std::string> names = parse(
      argc, argv, "FILE... - describe checkpoints",
      "FILE is any checkpoint that naclipsegment reads, a folder with one, as Hugging Face has\n"
      "them, or the name of a fetched model.\n"
      "No code in a checkpoint is run. Its weights are not read: damage there shows only when the\n"
      "model is used.\n");
  if (names.empty()) throw Error(ErrorKind::kSettings, "Name a checkpoint file or a fetched model");
  int status = kDone;
  for (const std::string &name : names) {
    try {
      const std::string text = checkpoint_text(resolve_model(name));
      std::printf("%s%s", &name == &names.front() ? "" : "\n", text.c_str());
    } catch (const Error &error) {
      print_error(error.what());
      status = kFailed;
    }
  }
  return status;
}

/// The whole of `text` as a number from 0 on.
std::uint64_t seed_of(const std::string &text) {
  guint64 seed = 0;
  if (!g_ascii_string_to_unsigned(text.c_str(), 10, 0, G_MAXUINT64, &seed, nullptr))
    throw Error(ErrorKind::kSettings, "--seed takes a whole number, 0 or greater, not " + text);
  return seed;
}

int random_command(int argc, char **argv) {
  g_autofree gchar *seed = nullptr;
  gboolean force = FALSE;
  const std::array entries{
      GOptionEntry{"seed", 's', 0, G_OPTION_ARG_STRING, &seed,
                   "Seed of the random weights (default 0)", "N"},
      GOptionEntry{"force", 'f', 0, G_OPTION_ARG_NONE, &force, "Replace an existing FILE", nullptr},
      GOptionEntry{}};
  const std::vector<std::string> names =
      parse(argc, argv, "NAME FILE - write a checkpoint with random weights", kRandomDescription,
            entries.data());
  if (names.size() != 2)
    throw Error(ErrorKind::kSettings,
                "random takes the name of a model and a file. Models: " + published_names());
  RandomCheckpointOptions options;
  options.seed = seed != nullptr ? seed_of(seed) : 0;
  options.replace = force != FALSE;
  options.give_up = [] { return interrupted != 0; };
  const auto sizes = published_sizes(published_model(names[0]).name);
  try {
    write_random_checkpoint(names[1], sizes.value(), options);
  } catch (const Interrupted &) {
    print_error("interrupted; nothing was written");
    return kInterrupted;
  }
  std::printf("%s is a %s with random weights of seed %" G_GUINT64_FORMAT "\n", names[1].c_str(),
              names[0].c_str(), options.seed);
  return kDone;
}

int help(bool asked_for) {
  g_autoptr(GOptionContext) context =
      g_option_context_new("COMMAND [ARGUMENT...] - models for the NACLIP elements");
  g_option_context_set_description(context, kDescription);
  g_autofree gchar *text = g_option_context_get_help(context, TRUE, nullptr);
  std::fputs(text, asked_for ? stdout : stderr);
  return asked_for ? kDone : kMisused;
}

int run(int argc, char **argv) {
  if (argc < 2) return help(false);
  const std::string command = argv[1];
  if (command == "--help" || command == "-h" || command == "-?" || command == "help")
    return help(true);
  if (command == "--version") {
    std::puts("naclip-model " NACLIP_VERSION);
    return kDone;
  }
  g_set_prgname(("naclip-model " + command).c_str());
  if (command == "fetch") return fetch_command(argc - 1, argv + 1);
  if (command == "list") return list_command(argc - 1, argv + 1);
  if (command == "info") return info_command(argc - 1, argv + 1);
  if (command == "random") return random_command(argc - 1, argv + 1);
  throw Error(ErrorKind::kSettings,
              "There is no command " + command + ". Use fetch, list, info or random");
}

}  // namespace

int main(int argc, char **argv) {
  std::setlocale(LC_ALL, "");
  // Figures have points and names have bytes, whatever the locale.
  std::setlocale(LC_NUMERIC, "C");
  g_set_prgname("naclip-model");
  stop_on_signals();
  try {
    return run(argc, argv);
  } catch (const Interrupted &) {
    print_error("interrupted; what was downloaded is kept, and the same command resumes there");
    return kInterrupted;
  } catch (const Error &error) {
    print_error(error.what());
    return error.kind() == ErrorKind::kSettings ? kMisused : kFailed;
  } catch (const std::exception &error) {
    print_error(error.what());
    return kFailed;
  }
}
