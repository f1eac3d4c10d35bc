// naclip-live: watches a camera, an RTSP stream or a file, and marks in it what the user names,
// who may type other words while it plays.
#include <cstdio>
#include <exception>

#include "installation.h"
#include "live.h"

int main(int argc, char **argv) {
  using namespace naclip::live;
  try {
    const Options options = parse_options(argc, argv);
    find_plugin();
    Live live(options);
    return live.run();
  } catch (const UsageError &error) {
    std::fprintf(stderr, "naclip-live: %s\n(naclip-live --help tells more)\n", error.what());
    return 2;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "naclip-live: %s\n", error.what());
    return 1;
  }
}
