// What to tell a user of a file that cannot be opened or read.
#pragma once

#include <string>

#include "model/error.h"

namespace naclip {

/// The error for a system call on a file that failed with errno `cause`: `subject`, such as "Cannot
/// read the vocabulary file words.txt: ", then what is wrong and how to mend it. kNotFound where
/// there is no such file, kMemory where memory ran out, else kRead; the system's own words are the
/// detail.
Error file_error(const std::string &subject, int cause);

/// Throws file_error() unless `path` is a file that can be opened for reading: folders, pipes and
/// devices are refused, since opening a pipe could wait for ever.
void require_regular_file(const std::string &path, const std::string &subject);

/// All of a file's bytes. Throws as require_regular_file(), and file_error() or Error{kRead} where it
/// cannot be read.
std::string read_regular_file(const std::string &path, const std::string &subject);

}  // namespace naclip
