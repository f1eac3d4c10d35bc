// The certificate with which the picture and the page are encrypted.
#pragma once

#include <gio/gio.h>

#include "choices.h"

namespace naclip::live {

/// Throws std::runtime_error where it or its key cannot be read.
GTlsCertificate *load_certificate(const CertificateChoice &choice);

}  // namespace naclip::live
