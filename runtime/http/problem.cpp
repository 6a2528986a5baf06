// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/problem.hpp"

#include "runtime/http/json.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

unsigned status_of(errc code) {
  switch (code) {
    case errc::invalid_argument:
      return 400;
    case errc::denied:
      return 401;
    case errc::not_found:
      return 404;
    case errc::in_use:
      return 409;
    case errc::refused:
      return 412;
    case errc::id_reused:
      return 422;
    case errc::unavailable:
    case errc::overloaded:
      return 503;
    case errc::unknown:
    case errc::timed_out:
      return 504;
    case errc::corrupt:
    case errc::io:
      return 500;
  }
  return 500;
}

const char* next_step(errc code) {
  switch (code) {
    case errc::invalid_argument:
      return "correct the request";
    case errc::denied:
      return "send `Authorization: Bearer` with the machine's token";
    case errc::not_found:
      return "muster ls /";
    case errc::in_use:
      return "muster doctor";
    case errc::refused:
      return "muster get KEY, then decide";
    case errc::id_reused:
      return "send it with an Idempotency-Key of its own";
    case errc::unavailable:
    case errc::timed_out:
      return "muster status, then try again";
    case errc::overloaded:
      return "try again later, with fewer requests at a time";
    case errc::unknown:
      return "send it again with the same Idempotency-Key, or muster explain";
    case errc::corrupt:
    case errc::io:
      return "muster doctor";
  }
  return "muster doctor";
}

response problem(const error& what) {
  return problem(status_of(what.code), what);
}

response problem(unsigned status, const error& what) {
  response out;
  out.status = status;
  out.body = to_text(json{{"error", error_json(what)}});
  return out;
}

response too_busy(const std::string& what) {
  return problem(error{errc::overloaded, what});
}

} // namespace muster::http
