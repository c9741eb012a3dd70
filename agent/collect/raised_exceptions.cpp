#include "collect/raised_exceptions.h"

#include <optional>

namespace linger::collect {
namespace {

// What is kept of one that comes in pieces: its end says what was raised, and where.
constexpr std::size_t most_text_bytes = 16'384;

} // namespace

void RaisedExceptions::note(const decode::TracebackPiece &piece)
{
  Raised &raised = by_tid_[piece.tid];
  if (raised.sequence != piece.sequence || raised.tgid != piece.tgid)
    raised = { .tgid = piece.tgid, .sequence = piece.sequence, .text = "", .type = "", .code = "" };
  if (piece.begins)
    raised.text.clear();
  raised.text += piece.text;
  const std::optional<decode::Traceback> traceback = decode::parse_traceback(raised.text);
  if (!traceback) {
    if (raised.text.size() > most_text_bytes)
      raised.text.erase(0, raised.text.size() - most_text_bytes);
    return;
  }
  raised.text.clear();
  raised.type = traceback->type;
  raised.code = line_of_(piece.tgid, *traceback);
}

void RaisedExceptions::note(const domain::ProcessEvent &event)
{
  if (event.kind != domain::ProcessEvent::Kind::exited)
    return;
  std::erase_if(by_tid_, [&](const auto &entry) { return entry.second.tgid == event.tgid; });
}

void RaisedExceptions::fill(domain::Request &request) const
{
  const auto found = by_tid_.find(request.tid);
  if (found == by_tid_.end() || found->second.sequence != request.sequence)
    return;
  request.exception_type = found->second.type;
  request.exception_code = found->second.code;
}

} // namespace linger::collect
