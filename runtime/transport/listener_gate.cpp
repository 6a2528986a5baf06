// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/listener_gate.hpp"

#include "runtime/outbox/batch.hpp"

namespace muster {

listener_gate::listener_gate(event_sink& sink) : sink_(&sink) {
  // nop
}

void listener_gate::open(transport_listener& listener) {
  std::lock_guard guard{mutex_};
  if (sink_ != nullptr)
    listener_ = &listener;
}

void listener_gate::close() {
  std::lock_guard guard{mutex_};
  listener_ = nullptr;
  sink_ = nullptr;
}

size_t listener_gate::deliver(const peer& from, lane on,
                              std::string_view batch) {
  std::lock_guard guard{mutex_};
  size_t count = 0;
  batch_reader reader{batch};
  while (listener_ != nullptr && reader.next()) {
    listener_->on_packet(from, on,
                         {reader.tag(), std::string{reader.payload()}});
    ++count;
  }
  return count;
}

void listener_gate::connected(const peer& to, lane on) {
  std::lock_guard guard{mutex_};
  if (listener_ != nullptr)
    listener_->on_connected(to, on);
}

void listener_gate::disconnected(const peer& to, lane on) {
  std::lock_guard guard{mutex_};
  if (listener_ != nullptr)
    listener_->on_disconnected(to, on);
}

void listener_gate::note(severity level, std::string_view what,
                         std::string detail) {
  std::lock_guard guard{mutex_};
  if (sink_ != nullptr && sink_->wants(level))
    sink_->note(level, what, std::move(detail));
}

} // namespace muster
