// What libnaclip shows to programs that link it.
#pragma once

#define NACLIP_API __attribute__((visibility("default")))
